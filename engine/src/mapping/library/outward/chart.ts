import type { JsonObject } from '../../../base/json.ts';
import { Reading } from './reading.ts';

/** A part of a resource that could not be written as it stands. Its value is never told. */
export interface WritingIssue {
  code:
    /** A code that the other standard has none for: its place stays empty. */
    | 'code-unmapped'
    /** A status that the other standard has only a neighbour of. */
    | 'status-approximated'
    | 'date-unreadable'
    /** The other standard keeps a date where a time stood, or fewer digits of a second. */
    | 'precision-lost'
    /** A name of words alone, which stand as the family name. */
    | 'name-in-words'
    /** A coding whose system no OID stands for: its words are kept. */
    | 'system-without-oid'
    /** What says of itself that it was entered in error is not said again. */
    | 'entered-in-error'
    /** `valueBoolean` and its like: what is written is read again as another data type. */
    | 'type-changed'
    /** A field that the other standard requires, and that the chart has nothing for: it stays empty. */
    | 'required-absent'
    /** A reference to what is not there, and that has no words. */
    | 'reference-unresolved'
    /** How severe and how critical it is do not agree, and there is one place for both. */
    | 'severity-and-criticality-differ';
  /** `Patient.maritalStatus`; of a field that is required, its own place: `DG1-3`. */
  path: string;
}

/** What is known of one patient: the resource itself, what is of it, and what those refer to. */
export interface Chart {
  patient: Reading;
  /** Resources of the patient, the patient itself not among them. */
  own: readonly Reading[];
  /** The resource of that name (`Practitioner/1`), of this patient or of nobody. */
  find(name: string): Reading | undefined;
}

/** Words of an entry that stand in the narrative under an id. */
export interface NarratedWords {
  id: string;
  words: string;
}

/** A chart while it is written, and what is told of it. */
export class Writing {
  readonly chart: Chart;
  /** Tells what is written apart from all else, from what tells it apart. */
  readonly identify: (key: string) => string;
  /** When it is written. */
  readonly at: Date;
  readonly issues: WritingIssue[] = [];
  readonly #issued = new Set<string>();
  #narrated: NarratedWords[] = [];
  #narratedCount = 0;
  readonly #byType = new Map<string, Reading[]>();

  constructor(chart: Chart, identify: (key: string) => string, at: Date) {
    this.chart = chart;
    this.identify = identify;
    this.at = at;
    for (const each of chart.own) {
      const list = this.#byType.get(typeOf(each));
      if (list === undefined) this.#byType.set(typeOf(each), [each]);
      else list.push(each);
    }
  }

  /** The patient's resources of a type. */
  of(type: string): readonly Reading[] {
    return this.#byType.get(type) ?? [];
  }

  /** Told once for a path. */
  issue(code: WritingIssue['code'], path: string): void {
    const key = `${code} ${path}`;
    if (this.#issued.has(key)) return;
    this.#issued.add(key);
    this.issues.push({ code, path });
  }

  /** Words that an entry refers to in the narrative of its section: what they are called there. */
  narrate(words: string): string {
    const id = `words-${++this.#narratedCount}`;
    this.#narrated.push({ id, words });
    return id;
  }

  /** What was narrated since this was asked last. */
  takeNarrated(): readonly NarratedWords[] {
    const taken = this.#narrated;
    this.#narrated = [];
    return taken;
  }

  /** What a Reference leads to; the reference itself is marked only where it leads to something. */
  follow(reference: Reading | undefined): Reading | undefined {
    const name = reference === undefined ? undefined : referenceName(reference.peek('reference'));
    const found = name === undefined ? undefined : this.chart.find(name);
    if (found === undefined || reference === undefined) return undefined;
    reference.takeWhole();
    return found;
  }
}

export function typeOf(reading: Reading): string {
  return reading.peek('resourceType') ?? '';
}

/** `Type/id`, as references between resources have it. */
export function nameOf(reading: Reading): string {
  return `${typeOf(reading)}/${reading.peek('id') ?? ''}`;
}

/** `Patient/1` of `https://server/fhir/Patient/1/_history/2`; what is no such address stays itself. */
export function referenceName(reference: string | undefined): string | undefined {
  if (reference === undefined) return undefined;
  const found = /(?:^|\/)([A-Z][A-Za-z]+\/[A-Za-z0-9\-.]{1,64})(?:\/_history\/[^/]+)?$/.exec(
    reference,
  );
  return found?.[1] ?? reference;
}

/** Elements that say whose a resource is, in the order in which they are asked. */
const owners = ['patient', 'subject', 'beneficiary', 'individual', 'participant'];

/** `Patient/1`: whose chart a resource belongs to; undefined where it is nobody's, or of several. */
export function ownerOf(resource: JsonObject): string | undefined {
  if (resource['resourceType'] === 'Patient') {
    return typeof resource['id'] === 'string' ? `Patient/${resource['id']}` : undefined;
  }
  const reading = new Reading(resource, '');
  for (const name of owners) {
    const found = new Set<string>();
    for (const each of reading.all(name)) {
      const at = name === 'participant' ? each.child('actor') : each;
      const patient = referenceName(at?.peek('reference'));
      if (patient?.startsWith('Patient/') === true) found.add(patient);
    }
    if (found.size > 0) return [...found][0];
  }
  return undefined;
}
