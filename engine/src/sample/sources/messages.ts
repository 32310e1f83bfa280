import { writeSegments, type WrittenField } from '../../formats/hl7v2/writer.ts';
import { usualDelimiters } from '../../formats/hl7v2/delimiters.ts';
import { addressOf } from '../feeds/hl7v2/people.ts';
import { date, minute, segment } from '../feeds/hl7v2/message.ts';
import { lastDay } from '../people.ts';
import { letterOf, typedOver, type Entry } from './entries.ts';
import type { Resident } from './population.ts';

/** What another hospital's interface engine sent of a patient: registered, updated, joined to another. */
export function messagesOf(entry: Entry): Buffer[] {
  const { key, known, overlaidBy, doubles, joined } = entry;
  const days = lastDay - 900 + (Number(key) % 600);
  const told = [message(entry, 'A04', days, known)];
  if (overlaidBy) told.push(message(entry, 'A08', days + 200, typedOver(known, overlaidBy)));
  if (joined && doubles) told.push(merge(entry, days + 90, doubles));
  return told;
}

const charset = 'UNICODE UTF-8';

function message(entry: Entry, event: string, day: number, known: Resident): Buffer {
  return written(entry, event, day, [patient(entry, entry.key, known)]);
}

/** PID is who stays, MRG the number that is no longer used (HL7 2.5.1, 3.3.40). */
function merge(entry: Entry, day: number, survivor: string): Buffer {
  return written(entry, 'A40', day, [
    patient(entry, survivor, entry.known),
    segment('MRG', { 1: number(entry.key) }),
  ]);
}

function written(
  { key }: Entry,
  event: string,
  day: number,
  segments: Parameters<typeof writeSegments>[0],
): Buffer {
  const at = minute({ day, minute: 600 });
  const header = segment('MSH', {
    3: 'LAKEADT',
    4: 'LAKESIDE',
    5: 'ENGINE',
    6: 'REGION',
    7: at,
    9: ['ADT', event],
    10: `L${key}${event}`,
    11: 'P',
    12: '2.5.1',
    18: charset,
  });
  const kind = segment('EVN', { 1: event, 2: at });
  return writeSegments([header, kind, ...segments], { marks: usualDelimiters, charset });
}

const number = (key: string, authority = 'LAKESIDE'): (string | undefined)[] => [
  key,
  undefined,
  undefined,
  authority,
  'MR',
];

function patient({ hospitalMrn }: Entry, key: string, known: Resident): ReturnType<typeof segment> {
  const numbers = [
    number(key),
    ...(hospitalMrn === undefined ? [] : [number(hospitalMrn, 'RIVERSIDE')]),
    ...(known.ssn === null
      ? []
      : [[known.ssn.replaceAll('-', ''), undefined, undefined, 'SSA', 'SS']]),
  ];
  return segment('PID', {
    1: '1',
    3: { repeat: numbers },
    5: [known.family, known.given, known.middle ?? undefined, known.suffix ?? undefined],
    7: date(known.birth),
    8: letterOf[known.sex],
    11: addressOf(known.address),
    13: phones(known),
  });
}

function phones({ homePhone, cellPhone, email }: Resident): WrittenField {
  const repeat = [
    ...(homePhone === null ? [] : [[homePhone, 'PRN', 'PH']]),
    ...(cellPhone === null ? [] : [[cellPhone, 'PRN', 'CP']]),
    ...(email === null ? [] : [[undefined, 'NET', 'Internet', email]]),
  ];
  return repeat.length === 0 ? undefined : { repeat };
}
