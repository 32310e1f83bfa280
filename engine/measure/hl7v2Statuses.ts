import type { Hl7Message } from '../src/formats/hl7v2/message.ts';
import type { LeafResource } from './hl7v2Compare.ts';
import type { Tables } from './hl7v2Tables.ts';

/** A field that says a status, by a map of the tables. */
interface Said {
  segment: string;
  field: number;
  map: string;
}

const order = { segment: 'ORC', field: 5, map: 'OrderStatus' };
const control = { segment: 'ORC', field: 1, map: 'OrderControlCode[ServiceRequest.status]' };

/** What says the status of a type of resource: of a segment's fields the first that has a value. */
const governing: Readonly<Record<string, readonly Said[]>> = {
  Appointment: [{ segment: 'SCH', field: 25, map: 'FillerStatusCodes[Appointment]' }],
  DiagnosticReport: [{ segment: 'OBR', field: 25, map: 'ResultStatus[Non-Queries]' }],
  Encounter: [{ segment: 'PV1', field: 2, map: 'PatientClass[EncounterStatus]' }],
  Immunization: [{ segment: 'RXA', field: 20, map: 'CompletionStatus' }],
  MedicationAdministration: [{ segment: 'RXA', field: 20, map: 'CompletionStatus' }],
  MedicationRequest: [order, control],
  Observation: [{ segment: 'OBX', field: 11, map: 'ObservationResultStatusCodesInterpretation' }],
  ServiceRequest: [order, control],
  Specimen: [{ segment: 'SPM', field: 20, map: 'YesNoIndicator[AvailabilityStatus]' }],
};

/** Events that end an appointment (HL7 v2 chapter 10.3), whatever SCH-25 says. */
const appointmentEvents: Readonly<Record<string, string>> = {
  S15: 'cancelled',
  S16: 'cancelled',
  S17: 'entered-in-error',
  S26: 'noshow',
};

/** HL7 table 0283: accepted, rejected, expired. */
const referrals: Readonly<Record<string, string>> = {
  A: 'active',
  R: 'revoked',
  E: 'completed',
};

/** Statuses that a type has because no field of a message says one, and R4 asks for one. */
const unsaid: Readonly<Record<string, readonly string[]>> = {
  Account: ['active', 'unknown'],
  ChargeItem: ['unknown'],
  Coverage: ['active'],
  DocumentReference: ['current'],
  EpisodeOfCare: ['active'],
  MedicationDispense: ['unknown'],
  Procedure: ['unknown'],
};

/** Observations of segments that are none: their codes, which our written rules say. */
const told: ReadonlySet<string> = new Set(['75320-2', '11374-6', '69858-9']);

/** What may be said by each type of resource of one message. */
export class Statuses {
  readonly #message: Hl7Message;
  readonly #tables: Tables;
  readonly #known = new Map<string, ReadonlySet<string>>();

  constructor(message: Hl7Message, tables: Tables) {
    this.#message = message;
    this.#tables = tables;
  }

  /** Whether the message gives that status to a resource of that type. */
  gives({ type, leaves }: LeafResource, status: string): boolean {
    const isTold = leaves.some(
      ({ path, value }) => path === 'Observation.code.coding.code' && told.has(value),
    );
    if (isTold) return status === 'final';
    let known = this.#known.get(type);
    if (known === undefined) {
      known = this.#find(type);
      this.#known.set(type, known);
    }
    return known.has(status);
  }

  #find(type: string): ReadonlySet<string> {
    const found = new Set(unsaid[type]);
    const { event } = this;
    const ended = type === 'Appointment' ? appointmentEvents[event] : undefined;
    if (ended !== undefined) found.add(ended);
    if (type === 'ServiceRequest') this.#addReferrals(found);
    const fields = governing[type] ?? [];
    const segments = this.#message.segments.filter(({ name }) => name === fields[0]?.segment);
    for (const segment of segments) {
      const said = fields.find(({ field }) => segment.valued(field));
      const mapped = said === undefined ? [] : this.#mapped(said.map, segment.text(said.field));
      for (const status of mapped) found.add(status);
      // It is silent, or says what the map does not have.
      if (mapped.length === 0) found.add(type === 'Appointment' ? 'proposed' : 'unknown');
    }
    if (fields.length > 0 && segments.length === 0) found.add('unknown');
    if (type === 'Encounter') this.#addVisit(found);
    return found;
  }

  /** An event and the end of a visit say more than its class. */
  #addVisit(found: Set<string>): void {
    for (const each of this.#mapped('Event[EncounterStatus]', this.event)) found.add(each);
    for (const segment of this.#message.segments) {
      if (segment.name === 'PV1' && segment.valued(45)) found.add('finished');
    }
  }

  /** A referral says its status in a segment of its own, for which the tables have no map. */
  #addReferrals(found: Set<string>): void {
    for (const segment of this.#message.segments) {
      if (segment.name !== 'RF1') continue;
      const status = segment.valued(1) ? referrals[segment.text(1)] : undefined;
      found.add(status ?? 'unknown');
    }
  }

  get event(): string {
    return this.#message.segments[0]?.value(9).text(2) ?? '';
  }

  #mapped(map: string, code: string): string[] {
    return [...(this.#tables.maps.get(map)?.get(code) ?? [])];
  }
}
