import { concept } from './concept.ts';
import type { Concept } from './concept.ts';
import { objects, text } from './elements.ts';

/** Amounts carry their currency as system; more come with billing. */
export const money: readonly Concept[] = [
  concept(
    'claim-total',
    ['Claim'],
    'Total charge of a claim.',
    (resource) =>
      objects(resource, 'total').map((total) => ({
        value: text(total, 'value'),
        system: text(total, 'currency'),
      })),
    { form: 'decimal', system: 'currency' },
  ),
];
