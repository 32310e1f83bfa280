import type { Json, JsonObject } from '../../src/base/json.ts';
import { codings, text, texts, values } from './chart.ts';
import { joinBy } from './clinicalRules.ts';
import {
  clinical,
  concept,
  exact,
  field,
  leafPaths,
  reference,
  slots,
  time,
  wording,
} from './field.ts';
import type { Reading, TypeRules } from './field.ts';
import { rounded, same, words } from './meaning.ts';

/** The Observation itself and its components, each by its code. */
function measurements(
  read: (one: Json) => readonly string[],
): (observation: JsonObject) => Reading {
  return (observation) => {
    const parts = [observation, ...values(observation, 'component')];
    return new Map(
      parts.map((part) => [
        part === observation ? '' : codings(part, 'code.coding').slice(0, 1).join(),
        read(part),
      ]),
    );
  };
}

/** `value[x]` that is said in words: a concept's own, else a string. */
function said(part: Json): string[] {
  const own = texts(part, 'valueCodeableConcept.text');
  return own.length > 0 ? own : texts(part, 'valueString');
}

const valueOf = (part: string): string[] => [part, `component.${part}`];
const onlyWords = 'observations.csv has the words of a coded result, not its code';

export const observationRules: TypeRules = {
  type: 'Observation',
  join: joinBy('subject', (one) => codings(one, 'code.coding'), 'effectiveDateTime'),
  fields: [
    exact('status', clinical),
    concept('category', { covers: ['category'] }),
    field('code', (one) => codings(one, 'code.coding').slice(0, 1), same, {
      ...clinical,
      covers: ['code.coding'],
    }),
    wording('code.text'),
    reference('subject', clinical),
    reference('encounter'),
    time('effectiveDateTime', clinical),
    time('issued', clinical),
    slots(
      'value',
      measurements((one) => texts(one, 'valueQuantity.value')),
      rounded,
      {
        ...clinical,
        covers: valueOf('valueQuantity.value'),
      },
    ),
    slots(
      'unit',
      measurements((one) =>
        values(one, 'valueQuantity').map((quantity) => {
          const { system, code } = quantity as JsonObject;
          return `${text(system)}|${text(code)}`;
        }),
      ),
      same,
      { ...clinical, covers: valueOf('valueQuantity') },
    ),
    slots('words', measurements(said), words, {
      ...clinical,
      covers: [...valueOf('valueString'), ...valueOf('valueCodeableConcept.text')],
    }),
    slots(
      'valueCodeableConcept.coding',
      measurements((one) => codings(one, 'valueCodeableConcept.coding')),
      same,
      {
        ...clinical,
        covers: valueOf('valueCodeableConcept.coding'),
        silent: (_theirs, ours) => (ours.length === 0 ? onlyWords : undefined),
      },
    ),
    field(
      'component.code',
      (one) => values(one, 'component').map((part) => codings(part, 'code.coding').join()),
      same,
      { ...clinical, covers: ['component.code.coding'] },
    ),
    wording('component.code.text'),
  ],
  outside: (one) =>
    [...leafPaths(one)].some((path) => path.startsWith('value') || path.startsWith('component'))
      ? undefined
      : 'observations.csv has no line for what has neither value nor members',
  unknowable: [
    { element: 'valueSampledData', why: 'observations.csv has a series as one text' },
    { element: 'component.valueSampledData', why: 'observations.csv has a series as one text' },
  ],
};
