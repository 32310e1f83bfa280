/** What an entry of a chart says, wherever it stands: enough to tell whether two say the same. */
export interface ClinicalFact {
  kind: ClinicalKind;
  /** Codes it may be known by; words where it has none. */
  codes: readonly string[];
  /** ISO instants and dates, of all its times. */
  times: readonly string[];
  status: string | undefined;
  negated: boolean;
  values: readonly string[];
  identifiers: readonly string[];
}

export type ClinicalKind =
  'allergy' | 'medication' | 'problem' | 'procedure' | 'observation' | 'immunisation' | 'encounter';

interface Shape {
  resourceType: string;
  id?: string;
  [name: string]: unknown;
}

const kinds: Readonly<Record<string, ClinicalKind>> = {
  AllergyIntolerance: 'allergy',
  MedicationStatement: 'medication',
  MedicationRequest: 'medication',
  MedicationAdministration: 'medication',
  MedicationDispense: 'medication',
  Condition: 'problem',
  Procedure: 'procedure',
  Observation: 'observation',
  Immunization: 'immunisation',
  Encounter: 'encounter',
};

/** The clinical entries of a bundle's resources. */
export function clinicalFacts(resources: readonly object[]): ClinicalFact[] {
  const all = resources as Shape[];
  const drugs = new Map(
    all
      .filter(({ resourceType }) => resourceType === 'Medication')
      .map((each) => [`Medication/${String(each.id)}`, each.code]),
  );
  return all.flatMap((each) => {
    const kind = kinds[each.resourceType];
    return kind === undefined ? [] : [factOf(kind, each, drugs)];
  });
}

/** Elements that name what an entry is of, by its type. */
const named = ['code', 'vaccineCode', 'medicationCodeableConcept', 'class', 'type'] as const;

const timed = [
  'onsetDateTime',
  'onsetPeriod',
  'effectiveDateTime',
  'effectivePeriod',
  'performedDateTime',
  'performedPeriod',
  'occurrenceDateTime',
  'period',
] as const;

const valued = [
  'valueQuantity',
  'valueString',
  'valueCodeableConcept',
  'valueInteger',
  'valueBoolean',
  'valueRange',
  'valueDateTime',
] as const;

function factOf(
  kind: ClinicalKind,
  resource: Shape,
  drugs: ReadonlyMap<string, unknown>,
): ClinicalFact {
  const drug = drugs.get((resource.medicationReference as { reference?: string })?.reference ?? '');
  const substances = kind === 'allergy' ? substancesOf(resource) : [];
  const isVisit = kind === 'encounter';
  const names = isVisit ? named : named.filter((name) => name !== 'type' && name !== 'class');
  return {
    kind,
    codes: codesIn([drug, substances, ...names.map((name) => resource[name])]),
    times: textsIn([...timed.map((name) => resource[name]), boundsOf(resource)]).map(instant),
    status: resource.status as string | undefined,
    negated: isNegated(resource),
    values: valued.flatMap((name) => valuesIn(name, resource[name])),
    identifiers: identifiersOf(resource),
  };
}

/** A prescription's period of use stands in its dosage. */
function boundsOf({ dosageInstruction }: Shape): unknown {
  const dosages = (dosageInstruction as Shape[] | undefined) ?? [];
  return dosages.map(
    ({ timing }) => (timing as { repeat?: Shape } | undefined)?.repeat?.boundsPeriod,
  );
}

function substancesOf(resource: Shape): unknown[] {
  const reactions = (resource.reaction as { substance?: unknown }[] | undefined) ?? [];
  return reactions.map(({ substance }) => substance);
}

function isNegated({ status, doNotPerform, verificationStatus }: Shape): boolean {
  return (
    status === 'not-done' ||
    status === 'not-taken' ||
    doNotPerform === true ||
    codesIn(verificationStatus).includes('refuted')
  );
}

function codesIn(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(codesIn);
  if (typeof value !== 'object' || value === null) return [];
  const { coding, code, text } = value as Record<string, unknown>;
  if (typeof code === 'string') return [code];
  const codes = codesIn(coding);
  return codes.length > 0 || typeof text !== 'string' ? codes : [words(text)];
}

function textsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (Array.isArray(value)) return value.flatMap(textsIn);
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsIn) : [];
}

/** Times of one instant are the same in any zone; dates are as they are. */
export function instant(time: string): string {
  if (!time.includes('T')) return time;
  const milliseconds = Date.parse(time);
  return Number.isNaN(milliseconds) ? time : new Date(milliseconds).toISOString();
}

export function words(text: string): string {
  return text.replace(/\s+/g, ' ').trim().toLowerCase();
}

function valuesIn(name: (typeof valued)[number], value: unknown): string[] {
  if (value === undefined) return [];
  if (name === 'valueCodeableConcept') return codesIn(value);
  if (name === 'valueQuantity') return [amount(value)];
  if (name === 'valueRange') {
    const { low, high } = value as { low?: unknown; high?: unknown };
    return [low, high].filter((each) => each !== undefined).map(amount);
  }
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return [name === 'valueDateTime' ? instant(text) : words(text)];
}

function amount(value: unknown): string {
  const { value: number, unit = '', comparator = '' } = value as Record<string, unknown>;
  return `${String(comparator).replace('=', '')}${Number(JSON.stringify(number))} ${String(unit)}`.trim();
}

function identifiersOf(resource: Shape): string[] {
  const all = (resource.identifier as { system?: string; value?: string }[] | undefined) ?? [];
  return all.map(({ system = '', value = '' }) =>
    (system === 'urn:ietf:rfc:3986' ? `${value}|` : `${system}|${value}`)
      .replace(/urn:(oid|uuid):/g, '')
      .toLowerCase(),
  );
}
