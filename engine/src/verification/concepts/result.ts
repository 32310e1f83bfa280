import type { JsonObject } from '../../base/json.ts';
import { coded, concept, dated, referring, word } from './concept.ts';
import type { Concept } from './concept.ts';
import { codingsAt, objects, plain, referencesAt, text, texts, textsAt } from './elements.ts';
import type { Read } from './elements.ts';

const observations = ['Observation'];

const pressures = { systolic: '8480-6', diastolic: '8462-4' } as const;

/** The quantity of a blood pressure's component, by its LOINC code. */
function pressure(code: string): Read {
  return (resource) =>
    plain(
      objects(resource, 'component')
        .filter((component) => codes(component).includes(code))
        .flatMap((component) => texts(component, 'valueQuantity.value')),
    );
}

function codes(component: JsonObject): string[] {
  return objects(component, 'code.coding')
    .filter((coding) => text(coding, 'system') === 'http://loinc.org')
    .map((coding) => text(coding, 'code'));
}

/** Of components only those of a blood pressure are read. */
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
  concept(
    'result-category',
    observations,
    'Laboratory, vital signs.',
    codingsAt('category.coding'),
    coded,
  ),
  concept(
    'result-comparator',
    observations,
    'Below or above what could be measured.',
    textsAt('valueQuantity.comparator'),
    word,
  ),
  concept(
    'result-range-low',
    observations,
    'Lower limit of the reference range.',
    textsAt('referenceRange.low.value'),
    { form: 'decimal' },
  ),
  concept(
    'result-range-high',
    observations,
    'Upper limit of the reference range.',
    textsAt('referenceRange.high.value'),
    { form: 'decimal' },
  ),
  concept('result-order', observations, 'What it answers.', referencesAt('basedOn'), referring),
  concept(
    'result-encounter',
    observations,
    'Visit it belongs to.',
    referencesAt('encounter'),
    referring,
  ),
  concept(
    'result-performer',
    observations,
    'Who measured it.',
    referencesAt('performer'),
    referring,
  ),
  concept(
    'pressure-systolic',
    observations,
    'Systolic blood pressure.',
    pressure(pressures.systolic),
    { form: 'decimal' },
  ),
  concept(
    'pressure-diastolic',
    observations,
    'Diastolic blood pressure.',
    pressure(pressures.diastolic),
    { form: 'decimal' },
  ),
  concept(
    'pressure-unit',
    observations,
    'Units of a blood pressure, one for each of its two numbers.',
    textsAt('component.valueQuantity.code'),
    word,
  ),
];
