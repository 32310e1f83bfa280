import type { Json, JsonObject } from '../../src/base/json.ts';
import type { Chart } from './chart.ts';
import { codings, syntheaId, texts, values } from './chart.ts';
import { concept, exact, field, money, reference, slots, time } from './field.ts';
import type { TypeRules } from './field.ts';
import { amount, same } from './meaning.ts';

/** What was done and is charged; a diagnosis among the items is compared as a diagnosis. */
function services(claim: JsonObject): JsonObject[] {
  return values(claim, 'item').filter(
    (item): item is JsonObject => values(item, 'diagnosisSequence').length === 0,
  );
}

function diagnoses(claim: JsonObject, chart: Chart): string[] {
  const referred = values(claim, 'diagnosis.diagnosisReference')
    .flatMap((one) => chart.resolve(one) ?? [])
    .flatMap((one) => codings(one, 'code.coding'));
  return [...codings(claim, 'diagnosis.diagnosisCodeableConcept.coding'), ...referred];
}

function service(item: Json): string {
  return codings(item, 'productOrService.coding').join();
}

/** Who pays, by name: the words of the coverage, or of the payer that its identifier stands for. */
function payers(claim: JsonObject, chart: Chart): string[] {
  return values(claim, 'insurance.coverage').flatMap((coverage) => {
    const found = chart.resolve(coverage);
    if (found === undefined) return texts(coverage, 'display');
    const payer = values(found, 'payor').flatMap((one) => chart.resolve(one) ?? []);
    return payer.flatMap((one) => texts(one, 'name'));
  });
}

const reports = 'http://loinc.org|';
const noReports = 'claims_transactions.csv has no line for a report of results';

export const claimRules: TypeRules = {
  type: 'Claim',
  join: (claim) => ({ exact: syntheaId(claim) }),
  fields: [
    exact('status'),
    concept('type', { covers: ['type'] }),
    exact('use'),
    reference('patient'),
    time('billablePeriod.start'),
    time('billablePeriod.end'),
    time('created'),
    reference('provider'),
    reference('facility'),
    concept('priority', { covers: ['priority'] }),
    field('diagnosis', diagnoses, same, {
      covers: ['diagnosis', 'item.diagnosisSequence'],
      compare: 'theirs within ours',
    }),
    field('insurance.coverage', payers, same),
    exact('insurance.focal'),
    field('item.productOrService', (claim) => services(claim).map(service), same, {
      covers: ['item.productOrService'],
      silent: (theirs) => (theirs.startsWith(reports) ? noReports : undefined),
    }),
    slots(
      'item.net',
      (claim) => {
        const priced = services(claim).filter((item) => values(item, 'net').length > 0);
        const grouped = Map.groupBy(priced, service);
        return new Map(
          [...grouped].map(([code, items]) => [
            code,
            items.flatMap((item) => texts(item, 'net.value')),
          ]),
        );
      },
      amount,
      {
        covers: ['item.net'],
        compare: 'theirs within ours',
        silent: (_theirs, _ours, slot) => (slot.startsWith(reports) ? noReports : undefined),
      },
    ),
    reference('item.encounter', { compare: 'theirs within ours' }),
    field(
      'prescription',
      (claim, chart) =>
        values(claim, 'prescription')
          .flatMap((one) => chart.resolve(one) ?? [])
          .map((one) => texts(one, 'authoredOn').map(inSeconds).join()),
      same,
    ),
    money('total.value'),
    exact('total.currency'),
  ],
  unknowable: [
    { element: 'item.sequence', why: 'a number inside the claim, of its sender’s own making' },
    { element: 'insurance.sequence', why: 'a number inside the claim, of its sender’s own making' },
    {
      element: 'procedure',
      why: 'claims_transactions.csv has the code charged, not the procedure',
    },
    {
      element: 'item.procedureSequence',
      why: 'claims_transactions.csv has the code charged, not the procedure',
    },
    { element: 'supportingInfo', why: 'claims_transactions.csv does not lead to what was given' },
    { element: 'item.informationSequence', why: 'it does not lead to what was given' },
  ],
};

function inSeconds(instant: string): string {
  return new Date(Date.parse(instant)).toISOString().slice(0, 19);
}
