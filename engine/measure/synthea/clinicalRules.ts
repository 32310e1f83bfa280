import type { Json, JsonObject } from '../../src/base/json.ts';
import type { Chart } from './chart.ts';
import { codings, syntheaId, texts, values } from './chart.ts';
import { clinical, concept, exact, field, reference, time, wording } from './field.ts';
import type { Field, TypeRules } from './field.ts';
import { same } from './meaning.ts';

const noPlanText = 'no column for it; careplans.csv has one line a plan';

/** Patient and code, and the moment where given: rows without ids are joined by these. */
export function joinBy(
  subject: string,
  code: (resource: JsonObject, chart: Chart) => readonly string[],
  when: string,
): TypeRules['join'] {
  return (resource, chart) => ({
    exact: [
      ...values(resource, subject).map((one) => chart.meaning(one)),
      ...code(resource, chart).slice(0, 1),
    ].join(' '),
    when: texts(resource, when)[0] ?? '',
  });
}

const codeOf = (resource: Json): string[] => codings(resource, 'code.coding');

/** Why: the code, whether it stands there or in the Condition that is referred to. */
function reason(...paths: readonly string[]): Field {
  const read = (resource: JsonObject, chart: Chart): string[] => {
    const coded = paths.flatMap((path) => codings(resource, `${path}.coding`));
    const referred = paths
      .flatMap((path) => values(resource, path))
      .flatMap((one) => chart.resolve(one) ?? [])
      .flatMap(codeOf);
    return [...new Set([...coded, ...referred])];
  };
  return field('reason', read, same, { covers: paths });
}

/** Which Condition is the reason, by its code and the day on which it began. */
function reasonCondition(path: string): Field {
  const read = (resource: JsonObject, chart: Chart): string[] =>
    values(resource, path)
      .flatMap((one) => chart.resolve(one) ?? [])
      .map((one) => `${codeOf(one).join()} ${texts(one, 'onsetDateTime').join().slice(0, 10)}`);
  return field(path, read, same);
}

export const encounterRules: TypeRules = {
  type: 'Encounter',
  join: (encounter) => ({ exact: syntheaId(encounter) }),
  fields: [
    field('identifier', (one) => texts(one, 'identifier.value'), same),
    exact('status'),
    field('class', (one) => codings(one, 'class'), same),
    concept('type', { covers: ['type.coding'] }),
    wording('type.text'),
    reference('subject'),
    concept('participant.type', { covers: ['participant.type'] }),
    reference('participant.individual'),
    time('participant.period.start'),
    time('participant.period.end'),
    time('period.start'),
    time('period.end'),
    concept('reasonCode', { covers: ['reasonCode'] }),
    reference('location.location'),
    reference('serviceProvider'),
  ],
  unknowable: [{ element: 'hospitalization', why: 'no column for the discharge' }],
};

export const conditionRules: TypeRules = {
  type: 'Condition',
  join: joinBy('subject', codeOf, 'onsetDateTime'),
  fields: [
    concept('clinicalStatus', { ...clinical, covers: ['clinicalStatus'] }),
    concept('verificationStatus', { ...clinical, covers: ['verificationStatus'] }),
    concept('category', { covers: ['category'] }),
    concept('code', { ...clinical, covers: ['code.coding'] }),
    wording('code.text'),
    reference('subject', clinical),
    reference('encounter'),
    time('onsetDateTime', clinical),
    time('abatementDateTime', clinical),
    time('recordedDate', clinical),
  ],
  unknowable: [],
};

export const allergyRules: TypeRules = {
  type: 'AllergyIntolerance',
  join: joinBy('patient', codeOf, 'recordedDate'),
  fields: [
    concept('clinicalStatus', { ...clinical, covers: ['clinicalStatus'] }),
    concept('verificationStatus', { ...clinical, covers: ['verificationStatus'] }),
    exact('type'),
    exact('category'),
    concept('code', { ...clinical, covers: ['code.coding'] }),
    wording('code.text'),
    reference('patient', clinical),
    time('recordedDate', clinical),
    field('reaction.manifestation', (one) => codings(one, 'reaction.manifestation.coding'), same, {
      ...clinical,
      covers: ['reaction.manifestation'],
      silent: (_theirs, ours) =>
        ours.length >= 2 ? 'allergies.csv has columns for two reactions' : undefined,
    }),
    exact('reaction.severity', { compare: 'theirs within ours' }),
  ],
  unknowable: [{ element: 'criticality', why: 'no column for the criticality' }],
};

export const procedureRules: TypeRules = {
  type: 'Procedure',
  join: joinBy('subject', codeOf, 'performedPeriod.start'),
  fields: [
    exact('status'),
    concept('code', { covers: ['code.coding'] }),
    wording('code.text'),
    reference('subject'),
    reference('encounter'),
    time('performedPeriod.start'),
    time('performedPeriod.end'),
    reference('location'),
    reason('reasonReference', 'reasonCode'),
    reasonCondition('reasonReference'),
  ],
  unknowable: [],
};

/** The drug, whether it stands in the request or in the Medication referred to. */
function drug(request: JsonObject, chart: Chart): string[] {
  const referred = values(request, 'medicationReference').flatMap(
    (one) => chart.resolve(one) ?? [],
  );
  return [...codings(request, 'medicationCodeableConcept.coding'), ...referred.flatMap(codeOf)];
}

export const medicationRules: TypeRules = {
  type: 'MedicationRequest',
  join: joinBy('subject', drug, 'authoredOn'),
  fields: [
    exact('status', clinical),
    exact('intent', clinical),
    field('medication', drug, same, {
      ...clinical,
      covers: ['medicationCodeableConcept.coding', 'medicationReference'],
    }),
    wording('medicationCodeableConcept.text', { compare: 'theirs within ours' }),
    reference('subject', clinical),
    reference('encounter'),
    time('authoredOn', clinical),
    reference('requester'),
    reason('reasonReference', 'reasonCode'),
    reasonCondition('reasonReference'),
  ],
  unknowable: [
    { element: 'category', why: 'no column says whether a drug was given in the house' },
    { element: 'dosageInstruction', why: 'no column for the dose' },
    { element: 'contained', why: 'a copy of the drug' },
  ],
};

export const immunizationRules: TypeRules = {
  type: 'Immunization',
  join: joinBy('patient', (one) => codings(one, 'vaccineCode.coding'), 'occurrenceDateTime'),
  fields: [
    exact('status', clinical),
    concept('vaccineCode', { ...clinical, covers: ['vaccineCode.coding'] }),
    wording('vaccineCode.text'),
    reference('patient', clinical),
    reference('encounter'),
    time('occurrenceDateTime', clinical),
    exact('primarySource'),
    reference('location'),
  ],
  unknowable: [],
};

export const carePlanRules: TypeRules = {
  type: 'CarePlan',
  join: (plan) => ({ exact: syntheaId(plan) }),
  fields: [
    exact('status'),
    exact('intent'),
    concept('category', { covers: ['category.coding'] }),
    wording('category.text'),
    reference('subject'),
    reference('encounter'),
    time('period.start'),
    time('period.end'),
    field(
      'addresses',
      (plan, chart) => [
        ...new Set([
          ...values(plan, 'addresses').flatMap((one) => codeOf(chart.resolve(one) ?? {})),
          ...values(plan, 'addresses').flatMap((one) => identified(one)),
          ...codings(plan, 'activity.detail.reasonCode.coding'),
        ]),
      ],
      same,
      { covers: ['addresses', 'activity.detail.reasonCode', 'activity.detail.reasonReference'] },
    ),
  ],
  unknowable: [
    { element: 'activity', why: noPlanText },
    { element: 'careTeam', why: noPlanText },
    { element: 'goal', why: noPlanText },
  ],
};

/** A reason that no row of the patient's problems stands for is referred to by its code. */
function identified(target: Json): string[] {
  return values(target, 'identifier').map((one) =>
    [...texts(one, 'system'), ...texts(one, 'value')].join('|'),
  );
}
