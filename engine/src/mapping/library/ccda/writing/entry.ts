import { tag, type Markup, type XmlWritten } from '../../../../formats/xml/writer.ts';
import type { Writing } from '../../outward/chart.ts';
import type { Reading } from '../../outward/reading.ts';
import { concept, fixed, systems, uuidOf } from './dataTypes.ts';
import { inverse } from './oids.ts';

/** A row of a section's narrative, and the entry that says the same in codes. */
export interface Entry {
  markup: XmlWritten;
  row: readonly (string | undefined)[];
}

const base = '2.16.840.1.113883.10.20.22.4.';

/** templateId of an entry, in its version of C-CDA R2.1. */
export function template(last: number, extension?: string): Markup {
  return tag('templateId', { root: base + String(last), extension });
}

/** statusCode by a table of the reading side; null where nobody knows. */
export function statusCode(
  from: Reading,
  table: Readonly<Record<string, string>>,
  writing: Writing,
  near: Readonly<Record<string, string>> = {},
): Markup {
  const own = from.text('status') ?? 'unknown';
  const code = near[own] ?? inverse(table).get(own);
  if (code === undefined && own === 'unknown') return tag('statusCode', { nullFlavor: 'UNK' });
  if (code === undefined || own in near)
    writing.issue('status-approximated', `${from.path}.status`);
  return code === undefined
    ? tag('statusCode', { nullFlavor: 'UNK' })
    : tag('statusCode', { code });
}

/** Indication for every reason. */
export function indications(from: Reading, name: string, writing: Writing): XmlWritten {
  return from.all(name).map((each, index) => {
    const value = concept('value', each, writing, { type: 'CD' });
    return (
      value &&
      related(
        'RSON',
        observation(
          template(19, '2014-06-09'),
          tag('id', { root: uuidOf(`${idOf(from)}|reason|${index}`, writing) }),
          fixed('code', '404684003', systems.snomed, 'Finding'),
          tag('statusCode', { code: 'completed' }),
          value,
        ),
      )
    );
  });
}

function idOf(from: Reading): string {
  return `${from.path}/${from.peek('id') ?? ''}`;
}

/** Comment Activity for every note. */
export function comments(from: Reading, writing: Writing): XmlWritten {
  return from.all('note').map((each) => {
    const words = each.text('text');
    if (words === undefined) return undefined;
    const code = fixed('code', '48767-8', systems.loinc, 'Annotation comment');
    return related('SUBJ', act(template(64), code, narratedText(words, writing)), true);
  });
}

/** Words that stand in the section's narrative too, where a template SHALL refer to them. */
export function narratedText(words: string, writing: Writing): Markup {
  return tag('text', {}, words, tag('reference', { value: `#${writing.narrate(words)}` }));
}

/** `effectiveTime` of what began nobody knows when. */
export function unknownStart(type?: string): Markup {
  return tag('effectiveTime', { 'xsi:type': type }, tag('low', { nullFlavor: 'UNK' }));
}

export function related(typeCode: string, inside: XmlWritten, isInverse = false): Markup {
  return tag(
    'entryRelationship',
    { typeCode, inversionInd: isInverse ? 'true' : undefined },
    inside,
  );
}

export function observation(...content: XmlWritten[]): Markup {
  return tag('observation', { classCode: 'OBS', moodCode: 'EVN' }, ...content);
}

export function act(...content: XmlWritten[]): Markup {
  return tag('act', { classCode: 'ACT', moodCode: 'EVN' }, ...content);
}

/** A concept in words, for the narrative; nothing is marked. */
export function said(from: Reading | undefined): string | undefined {
  const [coding] = from?.all('coding') ?? [];
  return from?.peek('text') ?? coding?.peek('display') ?? coding?.peek('code');
}

/** A resource that says of itself that it was entered in error is not said again. */
export function isInError(from: Reading, writing: Writing): boolean {
  const codings = from.child('verificationStatus')?.all('coding') ?? [];
  const inError =
    from.peek('status') === 'entered-in-error' ||
    codings.some((each) => each.peek('code') === 'entered-in-error');
  if (inError) writing.issue('entered-in-error', from.path);
  return inError;
}

/** What the place of an entry in a patient's document says. */
export function settle(from: Reading, ...names: readonly string[]): void {
  for (const name of names) for (const each of from.all(name)) each.takeWhole();
}
