import {
  addMinutes,
  civil,
  isoInstant,
  legacyDate,
  localTimestamp,
  type LocalMinute,
} from '../calendar.ts';
import {
  chartItems,
  chartTable,
  keyField,
  patientField,
  refer,
  type ChartItem,
} from '../chartItem.ts';
import { loinc } from '../clinicalCodes.ts';
import type { Random } from '../../base/random.ts';
import { between, chance, pick, weighted } from '../draw.ts';
import { lastDay, type Person } from '../people.ts';
import { providerId } from '../staff.ts';
import type { Table } from '../table.ts';
import { isSound } from '../visits.ts';
import type { World } from '../world.ts';

export interface Note extends ChartItem {
  visitId: number | null;
  authorId: number;
  kind: NoteKind;
  title: string | null;
  at: LocalMinute;
  sign: Signature;
  /** The note that this one adds to. */
  addsTo: number | null;
  body: string;
}

type NoteKind = 'PN' | 'HP' | 'DS' | 'CN' | 'TN';
/** Signed, not signed yet, addended since, retracted. */
type Signature = 'S' | 'U' | 'A' | 'X';

const drawKind = weighted<NoteKind>([
  ['PN', 56],
  ['TN', 18],
  ['HP', 12],
  ['CN', 9],
  ['DS', 5],
]);
const drawSignature = weighted<Signature>([
  ['S', 84],
  ['U', 8],
  ['A', 5],
  ['X', 3],
]);

const titles: Readonly<Record<NoteKind, string>> = {
  PN: 'Progress note',
  HP: 'History and physical',
  DS: 'Discharge summary',
  CN: 'Consult',
  TN: 'Phone call',
};

const range = { table: 'notes', first: 9_000_000, perPatient: 32 };

/** What was written: in its text stand names, numbers and dates of birth, as in every real note. */
export const notes: Table = chartTable<Note>({
  name: 'notes',
  note: 'Clinical notes, with their text',
  type: 'DocumentReference',
  items: createNotes,
  fields: [
    keyField('note_id'),
    patientField,
    { name: 'enc_id', type: 'bigint', of: ({ visitId }) => visitId },
    { name: 'author_id', type: 'integer', of: ({ authorId }) => authorId },
    {
      name: 'note_typ',
      type: 'varchar(2)',
      note: 'PN progress HP history DS discharge CN consult TN telephone',
      of: ({ kind }) => kind,
    },
    { name: 'title', type: 'varchar(60)', of: ({ title }) => title },
    { name: 'note_ts', type: 'timestamp', note: 'local time', of: ({ at }) => localTimestamp(at) },
    {
      name: 'sign_cd',
      type: 'char(1)',
      note: 'S signed U unsigned A addended X retracted',
      of: ({ sign }) => sign,
    },
    { name: 'adds_to', type: 'bigint', note: 'note_id', of: ({ addsTo }) => addsTo },
    { name: 'body_txt', type: 'text', of: ({ body }) => body },
  ],
  expect: (note) => ({
    subject: refer('pt_demog', note.person.id),
    'document-type': { system: loinc, code: typeOf[note.kind] },
    'document-status': note.sign === 'X' ? 'entered-in-error' : 'current',
    'document-signature': { S: 'final', U: 'preliminary', A: 'amended', X: 'final' }[note.sign],
    'document-title': note.title,
    'document-media': 'text/plain;charset=utf-8',
    'document-text': note.body,
    'document-date': isoInstant(note.at),
    'document-author': refer('providers', note.authorId),
    'document-encounter': refer('encounters', note.visitId),
    'document-adds-to': refer('notes', note.addsTo),
  }),
});

export function createNotes(world: World, person: Person): Note[] {
  const visits = world.visits(person).filter(isSound);
  let former: Note | undefined;
  return chartItems(
    world,
    person,
    range,
    (random) => Math.round(visits.length * 0.7) + (chance(random, 0.1) ? 1 : 0),
    (random, base, at) => {
      const visit = visits[at];
      const follows = former !== undefined && !former.deleted && chance(random, 0.08);
      const kind = drawKind(random);
      const start = visit?.start ?? { day: lastDay - between(random, 1, 900), minute: 700 };
      const note: Note = {
        ...base,
        visitId: visit?.id ?? null,
        authorId: visit?.providerId ?? providerId(random.integer(world.staff)),
        kind,
        title: titles[kind],
        at: addMinutes(start, 30),
        sign: drawSignature(random),
        addsTo: follows ? (former?.id ?? null) : null,
        body: drawText(random, person, kind),
      };
      former = base.deleted ? undefined : note;
      return note;
    },
  );
}

const openings = [
  '{name} (MRN {mrn}) seen today for follow-up.',
  'Pt is a {age} y/o, DOB {birth}, here with daughter.',
  'S: {given} reports feeling "so-so". Call {phone} after 5.',
  'RE: {name}, SSN ends {ssn}. Discussed results by phone.',
];
const middles = [
  'BP 142/90, HR 88. Lungs clear.\nNo edema; gait steady.',
  'Reviewed meds – takes lisinopril "most days".\tNo cough.',
  'Abd soft, nt/nd. ½ tab qhs tolerated.',
  'Spoke w/ Dr. Núñez re: imaging; path \\\\fileserver\\scans\\2019.',
];
const closings = [
  'Plan: labs, RTC 3 mo.',
  'Lives at {address}; bus line 52.',
  'Will mail letter to {address}.\r\nE-mail {email}',
  'A/P: stable. Continue.',
];

/** Prose as clinicians type it, with what identifies the patient inside. */
function drawText(random: Random, person: Person, kind: NoteKind): string {
  const { year } = civil(person.birth);
  const words: Readonly<Record<string, string>> = {
    name: `${person.given} ${person.family}`,
    given: person.given,
    mrn: person.mrn,
    age: String(Math.max(0, civil(lastDay).year - year)),
    birth: legacyDate(person.birth, 'MM/dd/yyyy'),
    phone: person.cellPhone ?? person.homePhone ?? 'no phone',
    ssn: person.ssn?.slice(-4) ?? 'unknown',
    address: `${person.address.line1}, ${person.address.city}`,
    email: person.email ?? 'none',
  };
  const sentences = [pick(random, openings), pick(random, middles), pick(random, closings)];
  const text = kind === 'TN' ? sentences.slice(0, 2) : sentences;
  return text.join('\n').replaceAll(/\{(\w+)\}/g, (_, word: string) => words[word] ?? '');
}

const typeOf: Readonly<Record<NoteKind, string>> = {
  PN: '11506-3',
  HP: '34117-2',
  DS: '18842-5',
  CN: '11488-4',
  TN: '34748-4',
};
