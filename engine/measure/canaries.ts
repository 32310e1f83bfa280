import { createHash } from 'node:crypto';
import { fhirType, type FhirType } from '../src/fhirpath/model.ts';

/** A value that no other text holds, of one of the 18 classes of 45 CFR 164.514(b)(2)(i). */
export interface Canary {
  class: string;
  value: string;
}

/** One for each class; those that hold several things, several. */
export const canaries: readonly Canary[] = [
  { class: 'A names', value: 'Zyxwora Qvandelhorst' },
  { class: 'B geography', value: '7423 Quillonspur Lane' },
  { class: 'B geography', value: 'Brackwaterbyville' },
  { class: 'B geography', value: '97482' },
  { class: 'C dates', value: '1931-07-23' },
  { class: 'C dates', value: '2019-11-08' },
  { class: 'C dates', value: '11/08/2019' },
  { class: 'D telephone', value: '(541) 555-0187' },
  { class: 'E fax', value: '541-555-0193' },
  { class: 'F e-mail', value: 'zyxwora.q@qvandel.example' },
  { class: 'G social security', value: '531-84-2296' },
  { class: 'H medical record', value: 'MR84413290' },
  { class: 'I health plan', value: 'XQZ884210773' },
  { class: 'J account', value: '90017744182' },
  { class: 'K licence', value: 'D84412907' },
  { class: 'L vehicle', value: '1M8GDM9AXKP042788' },
  { class: 'M device', value: 'SN-77120-QV4' },
  { class: 'N url', value: 'https://qvandel.example/zyxwora' },
  { class: 'O ip', value: '203.0.113.77' },
  { class: 'P biometric', value: 'voiceprint-7741aQv' },
  { class: 'Q photograph', value: 'qvandel-face-3x4.jpeg' },
  { class: 'R other', value: 'TRIAL-QV-00918' },
];

/** A note that holds them all, as people write. */
export const canaryNote = `Saw Ms. Zyxwora Qvandelhorst (MRN MR84413290, SSN 531-84-2296) on 11/08/2019; born 1931-07-23.
Lives at 7423 Quillonspur Lane, Brackwaterbyville, OR 97482. Phone (541) 555-0187, fax 541-555-0193,
e-mail zyxwora.q@qvandel.example, https://qvandel.example/zyxwora from 203.0.113.77. Policy XQZ884210773,
account 90017744182, licence D84412907, VIN 1M8GDM9AXKP042788, pacemaker serial SN-77120-QV4,
voiceprint-7741aQv, photo qvandel-face-3x4.jpeg, study code TRIAL-QV-00918, seen again 2019-11-08.`;

/**
 * A resource whose every element holds canaries, by the types of R4: each text, code, address and
 * date, in turn. Dates are dates and numbers are left out, so that it stays a resource.
 */
export function filledResource(name: string): Record<string, unknown> {
  const turn = { at: 0 };
  return { resourceType: name, ...filled(fhirType(name) as FhirType, 3, turn) };
}

function filled(type: FhirType, depth: number, turn: { at: number }): Record<string, unknown> {
  const made: Record<string, unknown> = {};
  for (const { name, many, properties } of type.elements.values()) {
    if (name === 'contained' || name === 'extension' || name === 'modifierExtension') continue;
    for (const { key, type: own } of properties) {
      const value = own.kind === 'primitive' ? primitive(own, turn) : complex(own, depth, turn);
      if (value === undefined) continue;
      made[key] = many
        ? [value, ...(own.kind === 'primitive' ? [primitive(own, turn)] : [])]
        : value;
    }
  }
  return made;
}

function complex(type: FhirType, depth: number, turn: { at: number }): unknown {
  if (depth === 0 || type.abstract) return undefined;
  return filled(type, depth - 1, turn);
}

function primitive(type: FhirType, turn: { at: number }): unknown {
  const { value } = canaries[turn.at++ % canaries.length] as Canary;
  switch (type.name) {
    case 'date':
      return turn.at % 2 === 0 ? '1931-07-23' : '2019-11-08';
    case 'dateTime':
    case 'instant':
      return turn.at % 2 === 0 ? '1931-07-23T04:05:06Z' : '2019-11-08T14:11:09-08:00';
    case 'base64Binary':
      return Buffer.from(value).toString('base64');
    case 'boolean':
    case 'decimal':
    case 'integer':
    case 'positiveInt':
    case 'unsignedInt':
    case 'time':
      return undefined;
    default:
      return value;
  }
}

/** Canaries that stand in a text, in one of the forms in which a value hides. */
export function survivors(text: string): { class: string; form: string }[] {
  const plain = text.toLowerCase();
  const normal = normalised(text);
  const found: { class: string; form: string }[] = [];
  for (const { class: of, value } of canaries) {
    for (const [form, hidden] of formsOf(value)) {
      const inside = form === 'normalised' ? normal.includes(hidden) : holds(plain, hidden);
      if (inside) found.push({ class: of, form });
    }
  }
  return found;
}

/** A few digits come up in any long pseudonym: they count where no letter or digit is beside them. */
function holds(text: string, hidden: string): boolean {
  if (!/^\d{1,7}$/.test(hidden)) return text.includes(hidden);
  return new RegExp(`(?<![a-z\\d])${hidden}(?![a-z\\d])`).test(text);
}

function formsOf(value: string): [string, string][] {
  const bytes = Buffer.from(value);
  const digests = (['sha256', 'sha1', 'md5'] as const).map((algorithm): [string, string] => [
    algorithm,
    createHash(algorithm).update(bytes).digest('hex'),
  ]);
  const forms: [string, string][] = [
    ['plain', value.toLowerCase()],
    ['base64', bytes.toString('base64').replace(/=+$/, '').slice(0, -1).toLowerCase()],
    ['hex', bytes.toString('hex')],
    ['URL', encodeURIComponent(value).toLowerCase()],
    ['reversed', Array.from(value.toLowerCase()).toReversed().join('')],
    ...digests,
  ];
  const signs = normalised(value);
  // A date without its signs, or a ZIP code, may be part of any longer number.
  if (signs.length >= 9 || /[a-z]/.test(signs)) forms.push(['normalised', signs]);
  return forms;
}

function normalised(text: string): string {
  return text.toLowerCase().replaceAll(/[^a-z0-9]/g, '');
}
