import type { WrittenSegment } from '../../../formats/hl7v2/writer.ts';

/** One class of what goes wrong with messages on their way, planted once in each file of its sender. */
export interface Spoil {
  name: string;
  sender: string;
  /** The code under which a conversion tells it. */
  reason: string;
  segments?: (segments: readonly WrittenSegment[]) => readonly WrittenSegment[] | undefined;
  /** Undefined: it cannot be planted in this message. */
  bytes?: (bytes: Buffer) => Buffer | undefined;
  /** What it makes of the resources that the message would become. */
  makes?: (makes: Readonly<Record<string, number>>) => Readonly<Record<string, number>>;
}

export const spoils: readonly Spoil[] = [
  {
    name: 'message-delimiters-unusable',
    sender: 'adt',
    reason: 'delimiters-unusable',
    bytes: (bytes) => Buffer.from(bytes.toString('latin1').replace('MSH|^~', 'MSH|^^'), 'latin1'),
  },
  {
    name: 'message-birth-date-unreadable',
    sender: 'adt',
    reason: 'date-unreadable',
    segments: (segments) => changed(segments, 'PID', 7, '19571332'),
  },
  {
    name: 'message-charset-broken',
    sender: 'lab',
    reason: 'charset-broken',
    bytes: narrowed,
  },
  {
    name: 'message-dose-unreadable',
    sender: 'pharmacy',
    reason: 'number-unreadable',
    segments: (segments) => changed(segments, 'RXE', 3, '1O'),
  },
  {
    name: 'message-status-unknown',
    sender: 'lab',
    reason: 'status-unknown',
    segments: (segments) => changed(segments, 'OBX', 11, 'Q'),
  },
  {
    name: 'message-shot-date-unreadable',
    sender: 'shots',
    reason: 'date-unreadable',
    segments: (segments) => changed(segments, 'RXA', 3, '20210230'),
  },
  {
    name: 'message-without-patient',
    sender: 'charges',
    reason: 'subject-missing',
    segments: (segments) => segments.filter(({ name }) => name !== 'PID'),
    makes: ({ Encounter = 0 }) => (Encounter === 0 ? {} : { Encounter }),
  },
];

/** Another value in a field of the first segment of that name. */
function changed(
  segments: readonly WrittenSegment[],
  name: string,
  field: number,
  value: string,
): readonly WrittenSegment[] | undefined {
  const at = segments.findIndex((each) => each.name === name);
  const found = segments[at];
  if (found === undefined) return undefined;
  const fields = found.fields.map((each, index) => (index === field - 1 ? value : each));
  return segments.with(at, { name, fields });
}

/** Letters above ASCII in the bytes of another set than the header says. */
function narrowed(bytes: Buffer): Buffer | undefined {
  const text = bytes.toString();
  const wide = Array.from(text).some((character) => (character.codePointAt(0) ?? 0) > 0xff);
  return wide || text.length === bytes.length ? undefined : Buffer.from(text, 'latin1');
}
