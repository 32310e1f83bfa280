import { coded, concept, recordTypes } from './concept.ts';
import type { Concept } from './concept.ts';
import { codingsAt } from './elements.ts';

/** Special protection travels with the data: a label that is lost opens a record to everyone. */
export const protection: readonly Concept[] = [
  concept(
    'security-label',
    ['Patient', ...recordTypes],
    'Confidentiality and sensitivity labels.',
    codingsAt('meta.security'),
    coded,
  ),
];
