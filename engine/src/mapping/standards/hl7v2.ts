import { longestMessage } from '../../formats/hl7v2/frames.ts';
import { headerOf, messageType } from '../../formats/hl7v2/header.ts';
import { parseMessage, type Hl7Message, type MessageProblem } from '../../formats/hl7v2/message.ts';
import { convertMessage } from '../library/hl7v2/convert.ts';
import { momentOf } from './moment.ts';
import { refused, type MappedDocument, type Standard, type StandardSettings } from './standard.ts';

const made = `
Patient RelatedPerson Encounter EpisodeOfCare Account Coverage AllergyIntolerance Condition Procedure
Observation ServiceRequest DiagnosticReport Specimen MedicationRequest Medication MedicationDispense
MedicationAdministration Immunization DocumentReference Appointment ChargeItem MessageHeader Provenance
Practitioner PractitionerRole Organization Location Device
`;

/** HL7 v2 messages, by HL7's v2-to-FHIR tables. */
export const hl7v2: Standard = {
  name: 'hl7v2',
  mediaType: 'x-application/hl7-v2+er7',
  version: 2,
  holding: new Set([
    'charset-broken',
    'charset-unknown',
    'date-unreadable',
    'delimiters-unusable',
    'number-unreadable',
    'status-unknown',
    'subject-missing',
  ]),
  resources: made.trim().split(/\s+/),
  map(bytes, settings) {
    const header = headerOf(bytes);
    if (bytes.length === 0) return refused('file-unread');
    if (header === undefined) {
      // A trailer is a record only where it counts something else than came.
      const trailer = /^[BF]TS(?![A-Z0-9])/.exec(bytes.toString('latin1', 0, 4))?.[0];
      if (trailer !== undefined) return refused('hl7v2-batch-count', `${trailer}-1`);
      // And a header only where no trailer came.
      const opening = /^[BF]HS(?![A-Z0-9])/.exec(bytes.toString('latin1', 0, 4))?.[0];
      if (opening !== undefined) return refused('hl7v2-batch-unended', opening);
      return refused('hl7v2-no-message');
    }
    if (messageType(header) === undefined) return refused('hl7v2-type-missing', 'MSH-9');
    if (bytes.length >= longestMessage) return refused('hl7v2-message-too-long');
    const message = parseMessage(bytes);
    return message === undefined ? refused('hl7v2-unreadable') : mapMessage(message, settings);
  },
};

function mapMessage(message: Hl7Message, settings: StandardSettings): MappedDocument {
  const converted = convertMessage(message, settings);
  const problems = message.problems.map((code) => ({ code, path: places[code] }));
  const { resources, own, unread, takenBack } = converted;
  const issues = [...problems, ...converted.issues];
  return {
    moment: momentOfMessage(message, settings),
    resources,
    unread,
    issues,
    isOwn: (resource) => own.has(resource),
    takenBack,
  };
}

/** Where what is wrong with a message as such stands. */
const places: Readonly<Record<MessageProblem, string>> = {
  'charset-broken': 'MSH-18',
  'charset-unknown': 'MSH-18',
  'delimiters-unusable': 'MSH-2',
  'line-continued': 'MSH',
};

/** MSH-7, when the message was made; else EVN-2, when what it tells was written down. */
function momentOfMessage({ segments }: Hl7Message, { zone }: StandardSettings): string {
  const event = segments.find(({ name }) => name === 'EVN');
  const times = [segments[0]?.field(7) ?? '', event?.field(2) ?? ''];
  return momentOf(
    times.map((time) => time.split('^', 1)[0] ?? ''),
    zone,
  );
}
