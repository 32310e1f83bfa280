import { tag, type Markup } from '../../../formats/xml/writer.ts';
import { isoInstant, legacyDate, clockTime, type Day, type LocalMinute } from '../../calendar.ts';
import { icd10, rxNorm, snomed, type Coding } from '../../catalogue.ts';
import { cvx, loinc } from '../../clinicalCodes.ts';
import type { World } from '../../world.ts';

/** Code systems by their object identifiers. */
export const oids = {
  [snomed]: '2.16.840.1.113883.6.96',
  [rxNorm]: '2.16.840.1.113883.6.88',
  [icd10]: '2.16.840.1.113883.6.90',
  [loinc]: '2.16.840.1.113883.6.1',
  [cvx]: '2.16.840.1.113883.12.292',
} as const;

/** Numbers of the hospital and of its tables: invented, below the root that HL7 keeps for examples. */
export const houseRoot = '2.16.840.1.113883.19.5.77';

export function rowId(table: string, key: number, part = ''): Markup {
  return tag('id', { root: `${houseRoot}.${roots[table]}`, extension: `${key}${part}` });
}

const roots: Readonly<Record<string, number>> = {
  pt_demog: 1,
  encounters: 2,
  allergies: 3,
  problems: 4,
  medications: 5,
  immunisations: 6,
  results: 7,
  vitals: 8,
};

/** A code of a system, with its words in the narrative. */
export function codeTag(
  name: string,
  { system, code }: Coding,
  display: string,
  more: { type?: string; reference?: string } = {},
): Markup {
  const attributes = {
    'xsi:type': more.type,
    code,
    codeSystem: oids[system as keyof typeof oids],
    displayName: display,
  };
  return tag(name, attributes, original(more.reference));
}

/** Nobody coded it: only the words say what it is. */
export function uncoded(name: string, reference: string, type?: string): Markup {
  return tag(name, { 'xsi:type': type, nullFlavor: 'UNK' }, original(reference));
}

function original(reference: string | undefined): Markup | undefined {
  return (
    (reference && tag('originalText', {}, tag('reference', { value: reference }))) || undefined
  );
}

/** What an entry says stands in the narrative too. */
export const textReference = (reference: string): Markup =>
  tag('text', {}, tag('reference', { value: reference }));

export const status = (code: string): Markup => tag('statusCode', { code });

export const assertion = tag('code', { code: 'ASSERTION', codeSystem: '2.16.840.1.113883.5.4' });

export const day8 = (day: Day): string => legacyDate(day, 'yyyyMMdd');

/** `yyyyMMddHHmm` with the offset from UTC. */
export function moment(at: LocalMinute): string {
  const clock = clockTime(at.minute).replace(':', '');
  return day8(at.day) + clock + isoInstant(at).slice(-6).replace(':', '');
}

/** A time that began, and perhaps ended; what is not known is said to be so. */
export function span(low: string | null, high?: string | null): Markup {
  const from = low === null ? tag('low', { nullFlavor: 'UNK' }) : tag('low', { value: low });
  const until = high === undefined || high === null ? undefined : tag('high', { value: high });
  return tag('effectiveTime', {}, from, until);
}

/** `2019-03` as CDA has it: `201903`. */
export const compactDate = (iso: string | null): string | null => iso?.replaceAll('-', '') ?? null;

/** A clinician of the house: national number, name. */
export function assigned(world: World, id: number): Markup[] {
  const { npi, given, family, degree } = world.provider(id - 1001);
  const name = tag(
    'name',
    {},
    tag('given', {}, given),
    tag('family', {}, family),
    tag('suffix', {}, degree),
  );
  return [
    tag('id', { root: '2.16.840.1.113883.4.6', extension: npi }),
    tag('assignedPerson', {}, name),
  ];
}

export function performer(world: World, id: number | null): Markup | undefined {
  if (id === null) return undefined;
  return tag('performer', { typeCode: 'PRF' }, tag('assignedEntity', {}, assigned(world, id)));
}

export function author(world: World, id: number | null, time: string): Markup | undefined {
  if (id === null) return undefined;
  return tag(
    'author',
    {},
    tag('time', { value: time }),
    tag('assignedAuthor', {}, assigned(world, id)),
  );
}

export function relationship(
  typeCode: string,
  act: Markup | undefined,
  inversion?: 'true',
): Markup {
  return tag('entryRelationship', { typeCode, inversionInd: inversion }, act);
}
