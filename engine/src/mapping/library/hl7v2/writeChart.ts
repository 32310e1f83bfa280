import { segmentsText } from '../../../formats/hl7v2/writer.ts';
import { nameOf, referenceName, typeOf, type Writing } from '../outward/chart.ts';
import type { Reading } from '../outward/reading.ts';
import { allergySegments, diagnosisSegments, procedureSegments } from './writing/clinical.ts';
import { coverageSegments } from './writing/coverage.ts';
import { parts } from './writing/dataTypes.ts';
import { demographicsSegment, nextOfKinSegments, patientSegment } from './writing/patient.ts';
import {
  observationSegments,
  reportSegments,
  soleSegment,
  specimenSegment,
} from './writing/results.ts';
import { SegmentDraft } from './writing/rules.ts';
import { appointmentEvent, appointmentSegments, resourceSegments } from './writing/scheduling.ts';
import { eventOf, noVisit, roleSegments, visitDetails, visitSegment } from './writing/visit.ts';

/** What a message is, and what tells it apart from others of its kind. */
interface MessageKind {
  type: 'ADT' | 'ORU' | 'SIU';
  event: string;
  structure: string;
  key: string;
}

/** Structures of messages that are called after another event (HL7 table 0354). */
const structures: Readonly<Record<string, string>> = {
  A01: 'ADT_A01',
  A03: 'ADT_A03',
  A04: 'ADT_A01',
  A05: 'ADT_A05',
  A08: 'ADT_A01',
  A10: 'ADT_A09',
  A11: 'ADT_A09',
  A21: 'ADT_A21',
  A28: 'ADT_A05',
  A60: 'ADT_A60',
};

/** Structures without place for diagnoses, procedures and roles. */
const bare = new Set(['ADT_A09', 'ADT_A21']);

/** Results that one message carries of a visit, where they are of no report. */
const mostSole = 50;

/**
 * The messages that say what a chart holds, in the reverse sense of HL7's v2-to-FHIR tables: the person
 * (ADT^A28), allergies (A60), a message for every visit, one for every report and for the results of a
 * visit that are of none (ORU^R01), one for every appointment (SIU). HL7 v2.8.2 in UTF-8; a character
 * a byte.
 */
export function* writeMessages(writing: Writing): Generator<string> {
  const messages = new ChartMessages(writing);
  yield messages.person();
  yield* messages.allergies();
  for (const visit of writing.of('Encounter')) yield messages.visit(visit);
  for (const report of writing.of('DiagnosticReport')) yield messages.report(report);
  yield* messages.soleResults();
  for (const each of writing.of('Appointment')) yield messages.appointment(each);
}

function adt(event: string, key: string): MessageKind {
  return { type: 'ADT', event, structure: structures[event] as string, key };
}

function oru(key: string): MessageKind {
  return { type: 'ORU', event: 'R01', structure: 'ORU_R01', key };
}

class ChartMessages {
  readonly #writing: Writing;
  readonly #patient: SegmentDraft;
  /** Visits by what they have as a diagnosis. */
  readonly #diagnosed = new Map<string, Reading>();
  /** Results that a report told. */
  readonly #reported = new Set<Reading>();
  readonly #byVisit = new Map<string, Map<Reading | undefined, Reading[]>>();

  constructor(writing: Writing) {
    this.#writing = writing;
    this.#patient = patientSegment(writing.chart.patient, writing);
    for (const visit of writing.of('Encounter')) {
      for (const each of visit.all('diagnosis')) {
        const name = referenceName(each.child('condition')?.peek('reference'));
        if (name !== undefined && !this.#diagnosed.has(name)) this.#diagnosed.set(name, visit);
      }
    }
  }

  person(): string {
    const writing = this.#writing;
    const { patient } = writing.chart;
    const drafts = [
      this.#patient,
      ...demographicsSegment(patient, writing),
      ...nextOfKinSegments(patient, writing),
      noVisit(),
      ...diagnosisSegments(this.#of('Condition', undefined), undefined, writing),
      ...procedureSegments(this.#of('Procedure', undefined), writing),
      ...coverageSegments(writing.of('Coverage'), writing),
    ];
    return this.#message(adt('A28', ''), drafts);
  }

  *allergies(): Generator<string> {
    const allergies = this.#writing.of('AllergyIntolerance');
    if (allergies.length === 0) return;
    const segments = allergySegments(allergies, this.#writing);
    yield this.#message(adt('A60', ''), [this.#patient, ...segments]);
  }

  visit(visit: Reading): string {
    const writing = this.#writing;
    const kind = adt(eventOf(visit, writing), nameOf(visit));
    const head = [this.#patient, visitSegment(visit, writing), ...visitDetails(visit, writing)];
    if (bare.has(kind.structure)) return this.#message(kind, head);
    return this.#message(kind, [
      ...head,
      ...roleSegments(visit, writing),
      ...diagnosisSegments(this.#of('Condition', visit), visit, writing),
      ...procedureSegments(this.#of('Procedure', visit), writing),
    ]);
  }

  report(report: Reading): string {
    const writing = this.#writing;
    const results = followed(report, 'result', writing).flatMap((each) => panelOf(each, writing));
    for (const each of results) this.#reported.add(each);
    return this.#message(oru(nameOf(report)), [
      ...this.#place(report),
      ...reportSegments(report, writing),
      ...numbered(results, writing),
      ...followed(report, 'specimen', writing).map((each, index) =>
        specimenSegment(each, index + 1, writing),
      ),
    ]);
  }

  /** Results of no report, of one visit after the other. */
  *soleResults(): Generator<string> {
    const writing = this.#writing;
    const all = writing.of('Observation');
    const members = new Set(all.flatMap((each) => panelOf(each, writing).slice(1)));
    for (const group of this.#groups('Observation').values()) {
      const results = group.filter((each) => !this.#reported.has(each) && !members.has(each));
      for (let from = 0; from < results.length; from += mostSole) {
        yield this.#soleMessage(results.slice(from, from + mostSole) as [Reading]);
      }
    }
  }

  #soleMessage(results: readonly [Reading, ...Reading[]]): string {
    const drafts = results.flatMap((each) => [
      soleSegment(each, this.#writing),
      ...numbered(panelOf(each, this.#writing), this.#writing),
    ]);
    return this.#message(oru(nameOf(results[0])), [...this.#place(results[0]), ...drafts]);
  }

  appointment(from: Reading): string {
    const event = appointmentEvent(from);
    return this.#message({ type: 'SIU', event, structure: 'SIU_S12', key: nameOf(from) }, [
      ...appointmentSegments(from, this.#writing),
      this.#patient,
      ...resourceSegments(from, this.#writing),
    ]);
  }

  /** PID and, of what is of a visit, PV1. */
  #place(from: Reading): SegmentDraft[] {
    const visit = this.#visitOf(from);
    return visit === undefined
      ? [this.#patient]
      : [this.#patient, visitSegment(visit, this.#writing)];
  }

  /** Resources of a type that are of that visit, or of none. */
  #of(type: string, visit: Reading | undefined): readonly Reading[] {
    return this.#groups(type).get(visit) ?? [];
  }

  #groups(type: string): ReadonlyMap<Reading | undefined, Reading[]> {
    let groups = this.#byVisit.get(type);
    if (groups === undefined) {
      groups = new Map();
      for (const each of this.#writing.of(type)) {
        const visit = this.#visitOf(each);
        const group = groups.get(visit);
        if (group === undefined) groups.set(visit, [each]);
        else group.push(each);
      }
      this.#byVisit.set(type, groups);
    }
    return groups;
  }

  /** The visit that something is of, or that has it as a diagnosis. */
  #visitOf(from: Reading): Reading | undefined {
    const name = referenceName(from.child('encounter')?.peek('reference'));
    const own = name === undefined ? undefined : this.#writing.chart.find(name);
    if (own !== undefined && typeOf(own) === 'Encounter') return own;
    return this.#diagnosed.get(nameOf(from));
  }

  #message(kind: MessageKind, drafts: readonly SegmentDraft[]): string {
    const { type, event, structure, key } = kind;
    const writing = this.#writing;
    const at = `${writing.at.toISOString().replace(/\D/g, '').slice(0, 14)}+0000`;
    const told = `${type}^${event}|${nameOf(writing.chart.patient)}|${key}`;
    const header = new SegmentDraft('MSH')
      .add(3, 'HANDOVER')
      .add(7, at)
      .add(9, parts({ 1: type, 2: event, 3: structure }))
      .add(10, writing.identify(told).slice(0, 20))
      .add(11, 'P')
      .add(12, '2.8.2')
      .add(18, 'UNICODE UTF-8');
    const events = type === 'ADT' ? [new SegmentDraft('EVN').add(2, at)] : [];
    for (const each of drafts) {
      for (const field of each.lacking()) writing.issue('required-absent', field);
    }
    return segmentsText([header, ...events, ...drafts].map((each) => each.written()));
  }
}

/** What the references of a list lead to. */
function followed(from: Reading, name: string, writing: Writing): Reading[] {
  return from
    .all(name)
    .map((each) => writing.follow(each))
    .filter((each) => each !== undefined);
}

/** An observation and those that it has as members. */
function panelOf(from: Reading, writing: Writing): Reading[] {
  const found = new Set<Reading>([from]);
  for (const each of found) {
    for (const member of followed(each, 'hasMember', writing)) {
      if (typeOf(member) === 'Observation') found.add(member);
    }
  }
  return [...found];
}

function numbered(results: readonly Reading[], writing: Writing): SegmentDraft[] {
  const drafts = results.flatMap((each, index) => observationSegments(each, index + 1, writing));
  let turn = 0;
  for (const draft of drafts) if (draft.name === 'OBX') draft.add(1, String(++turn));
  return drafts;
}
