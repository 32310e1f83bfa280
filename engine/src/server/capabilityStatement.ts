import { canonicalJson, toJson } from '../base/json.ts';
import { dateElementOf } from '../connectors/embedded/dateElements.ts';
import { resourceTypes } from '../connectors/embedded/resourceTypes.ts';

/** The CapabilityStatement (FHIR R4) of the server that was started at `since`. */
export function capabilityStatement(since: Date): string {
  return canonicalJson(
    toJson({
      resourceType: 'CapabilityStatement',
      status: 'active',
      date: since.toISOString(),
      kind: 'instance',
      fhirVersion: '4.0.1',
      format: ['json'],
      software: { name: 'Handover' },
      implementation: { description: 'Embedded target and archive' },
      rest: [
        {
          mode: 'server',
          security: { description: 'A bearer token; every look at a patient is audited.' },
          resource: resourceTypes.map(resourceOf),
          interaction: [{ code: 'transaction' }, { code: 'batch' }],
          operation: operations,
        },
      ],
    }),
  );
}

/** By the definitions of R4; they answer from R4 itself and from what the site has loaded. */
const operations = [
  ['validate-code', 'CodeSystem-validate-code'],
  ['validate-code', 'ValueSet-validate-code'],
  ['lookup', 'CodeSystem-lookup'],
  ['expand', 'ValueSet-expand'],
  ['translate', 'ConceptMap-translate'],
].map(([name, id]) => ({
  name,
  definition: `http://hl7.org/fhir/OperationDefinition/${id}`,
}));

const interaction = [
  'read',
  'vread',
  'update',
  'delete',
  'history-instance',
  'create',
  'search-type',
];

function resourceOf(type: string): object {
  const date = dateElementOf(type)?.parameter;
  return {
    type,
    interaction: interaction.map((code) => ({ code })),
    versioning: 'versioned-update',
    readHistory: true,
    updateCreate: true,
    conditionalCreate: true,
    conditionalUpdate: true,
    conditionalDelete: 'not-supported',
    searchParam: [
      { name: '_id', type: 'token' },
      { name: '_lastUpdated', type: 'date' },
      { name: 'identifier', type: 'token' },
      { name: 'patient', type: 'reference' },
      ...(date === undefined ? [] : [{ name: date, type: 'date' }]),
    ],
  };
}
