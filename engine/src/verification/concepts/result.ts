import { coded, concept, dated, word } from './concept.ts';
import type { Concept } from './concept.ts';
import { codingsAt, objects, plain, text, textsAt } from './elements.ts';

const observations = ['Observation'];

/** Components of a panel are not read: their concepts come with the streams that need them. */
export const result: readonly Concept[] = [
  concept('result-code', observations, 'What was measured.', codingsAt('code.coding'), coded),
  concept('result-text', observations, 'What was measured in words.', textsAt('code.text')),
  concept('result-status', observations, 'Preliminary, final, corrected.', textsAt('status'), word),
  concept(
    'result-value',
    observations,
    'Measured number.',
    textsAt('valueQuantity.value', 'valueInteger'),
    { form: 'decimal' },
  ),
  concept(
    'result-unit',
    observations,
    'Unit: its code, or else its words.',
    (resource) =>
      plain(
        objects(resource, 'valueQuantity')
          .map((quantity) => text(quantity, 'code') || text(quantity, 'unit'))
          .filter((unit) => unit !== ''),
      ),
    word,
  ),
  concept(
    'result-value-text',
    observations,
    'Result in words.',
    textsAt('valueString', 'valueCodeableConcept.text'),
  ),
  concept(
    'result-value-code',
    observations,
    'Coded result.',
    codingsAt('valueCodeableConcept.coding'),
    coded,
  ),
  concept(
    'result-time',
    observations,
    'When it was measured.',
    textsAt('effectiveDateTime', 'effectiveInstant', 'effectivePeriod.start'),
    dated,
  ),
  concept(
    'result-interpretation',
    observations,
    'High, low, abnormal.',
    codingsAt('interpretation.coding'),
    coded,
  ),
];
