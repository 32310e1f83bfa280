import type { Hl7Message } from '../src/formats/hl7v2/message.ts';
import { isDate } from './hl7v2Compare.ts';
import type { LeafResource } from './hl7v2Compare.ts';
import { Statuses } from './hl7v2Statuses.ts';
import type { Tables } from './hl7v2Tables.ts';

/**
 * Codes, statuses, units, dates and patients of resources that the message does not give: neither
 * as they stand, nor through a map of HL7's tables, nor as something a line of those says.
 */
export function unsupported(
  message: Hl7Message,
  ours: readonly LeafResource[],
  tables: Tables,
): string[] {
  const said = textsOf(message);
  const codes = new Set([...said].flatMap((text) => [...(tables.codes.get(text) ?? [])]));
  for (const text of said) for (const tag of languagesOf(text)) codes.add(tag);
  const dates = [...said]
    .filter((text) => /^\d{4,}/.test(text))
    .map((text) => text.replace(/\D/g, ''));
  const patients = patientsOf(message, ours);
  const wrong: string[] = [];
  const statuses = new Statuses(message, tables);
  for (const resource of ours) {
    for (const { path, value } of resource.leaves) {
      if (path === `${resource.type}.status`) {
        if (!statuses.gives(resource, value)) wrong.push(`${path} ${value}`);
      } else if (
        isDate(value) &&
        /[dD]ate|Time|period|Period|issued|recorded|start|end/.test(path)
      ) {
        const digits = value.replace(/T.*/, '').replaceAll('-', '');
        if (!dates.some((date) => date.startsWith(digits))) wrong.push(path);
      } else if (/\.(coding|valueCoding|class)\.code$|\.unit$|gender$/.test(path)) {
        const known = said.has(value) || codes.has(value) || tables.constants.has(value);
        const told = known || isOwnCode(path, value) || tellsSilence(message, path, value);
        if (!told) wrong.push(`${path} ${value}`);
      } else if (/\.(subject|patient|beneficiary)\.reference$/.test(path)) {
        if (!patients.has(value)) wrong.push(path);
      }
    }
  }
  return wrong;
}

/**
 * Codes that our written rules say where the tables have none, each in the one element that says what a
 * field is: anywhere else it has to come from the message.
 */
const ownCodes: readonly (readonly [element: RegExp, codes: string])[] = [
  [/^PractitionerRole\.code\.coding\.code$/, 'OP AP RO TN TR MDIR'],
  [/\.performer\.function\.coding\.code$/, 'OP AP'],
  [/^RelatedPerson\.relationship\.coding\.code$/, 'MTH'],
  [/^Coverage\.class\.type\.coding\.code$/, 'plan group'],
  [/^Coverage\.identifier\.type\.coding\.code$/, 'PLN MC MA'],
  [/^Encounter\.identifier\.type\.coding\.code$/, 'VN'],
  [/^ChargeItem\.identifier\.type\.coding\.code$/, 'TID'],
  [/^Patient\.identifier\.type\.coding\.code$/, 'SS DL'],
  [/^Medication(Request|Dispense)\.identifier\.type\.coding\.code$/, 'PLAC FILL PRN'],
  [/^(Observation|Appointment|DiagnosticReport)\.identifier\.type\.coding\.code$/, 'PLAC FILL'],
  [/^ServiceRequest\.(identifier|requisition)\.type\.coding\.code$/, 'PLAC FILL PGN FGN'],
  [/^Specimen\.identifier\.type\.coding\.code$/, 'PGN FGN SHIP'],
  [/^Observation\.code\.coding\.code$/, '69858-9 11374-6 75320-2'],
  [/^Observation\.dataAbsentReason\.coding\.code$/, 'not-asked not-performed'],
  [/^ServiceRequest\.category\.coding\.code$/, '3457005'],
  [/^Condition\.category\.coding\.code$/, 'problem-list-item'],
  [
    /^(Condition|AllergyIntolerance)\.verificationStatus\.coding\.code$/,
    'unconfirmed confirmed refuted entered-in-error',
  ],
  [/^Condition\.clinicalStatus\.coding\.code$/, 'resolved'],
  [/^Location\.physicalType\.coding\.code$/, 'lvl'],
  [/^Provenance\.agent\.type\.coding\.code$/, 'author'],
  [/^Encounter\.length\.unit$/, 'days'],
];

function isOwnCode(path: string, code: string): boolean {
  return ownCodes.some(([element, codes]) => element.test(path) && codes.split(' ').includes(code));
}

/** R4 wants a class of every visit: of one whose PV1-2 is empty it is told that nobody said it. */
function tellsSilence(message: Hl7Message, path: string, code: string): boolean {
  if (path !== 'Encounter.class.code' || code !== 'UNK') return false;
  return !message.segments.some((segment) => segment.name === 'PV1' && segment.valued(2));
}

/** BCP 47 has one tag for a language, whichever code of ISO 639 names it. */
function languagesOf(text: string): string[] {
  return /^[a-z]{2,3}(-[a-z]{2})?$/i.test(text) ? Intl.getCanonicalLocales(text) : [];
}

function textsOf(message: Hl7Message): Set<string> {
  const texts = new Set<string>();
  for (const segment of message.segments) {
    segment.fields.forEach((_, number) => {
      for (const value of segment.values(number)) {
        value.parts.forEach((__, at) => {
          const component = value.component(at + 1);
          texts.add(value.text(at + 1));
          component.parts.forEach((___, part) => texts.add(component.text(part + 1)));
        });
      }
    });
  }
  return texts;
}

/** References to patients whose identifiers a PID or MRG of the message has. */
function patientsOf(message: Hl7Message, ours: readonly LeafResource[]): Set<string> {
  const own = new Set<string>();
  for (const segment of message.segments) {
    if (segment.name !== 'PID' && segment.name !== 'MRG') continue;
    for (const field of [1, 2, 3, 4]) {
      for (const value of segment.values(field)) own.add(value.text(1));
    }
  }
  return new Set(
    ours
      .filter(({ type, leaves }) => {
        if (type !== 'Patient') return false;
        const values = leaves.filter(({ path }) => path === 'Patient.identifier.value');
        return values.length === 0 || values.some(({ value }) => own.has(value));
      })
      .map(({ id }) => `Patient/${id}`),
  );
}
