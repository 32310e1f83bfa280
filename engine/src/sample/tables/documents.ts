import { createHash } from 'node:crypto';
import { civil, isoDate, legacyDate, type Day } from '../calendar.ts';
import {
  chartItems,
  chartTable,
  keyField,
  patientField,
  refer,
  standsFirm,
  type ChartItem,
} from '../chartItem.ts';
import { loinc } from '../clinicalCodes.ts';
import { between, chance, pick, repeats, weighted } from '../draw.ts';
import { lastDay, type Person } from '../people.ts';
import { fileDefects } from '../moreDefects.ts';
import { providerId } from '../staff.ts';
import type { Defect } from '../defect.ts';
import type { Expected, Table, Truth } from '../table.ts';
import { persons, type World } from '../world.ts';
import { readersOf } from './access.ts';

interface ScannedDocument extends ChartItem {
  kind: DocumentKind;
  title: string;
  media: Media;
  path: string;
  day: Day;
  status: 'C' | 'S' | 'E';
  authorId: number;
  /** Signed, not signed yet, addended since. */
  sign: 'S' | 'U' | 'A';
  /** The document that this one adds to. */
  addsTo: number | null;
}

type DocumentKind = 'LAB' | 'RAD' | 'REF' | 'CON' | 'INS';
type Media = 'application/pdf' | 'image/tiff' | 'text/rtf';

const drawKind = weighted<DocumentKind>([
  ['LAB', 34],
  ['REF', 26],
  ['RAD', 16],
  ['CON', 14],
  ['INS', 10],
]);
/** Current, superseded by a newer scan, entered in error. */
const drawStatus = weighted<ScannedDocument['status']>([
  ['C', 90],
  ['S', 7],
  ['E', 3],
]);

const drawSignature = weighted<ScannedDocument['sign']>([
  ['S', 86],
  ['U', 8],
  ['A', 6],
]);

const endings: Readonly<Record<Media, string>> = {
  'application/pdf': 'pdf',
  'image/tiff': 'tif',
  'text/rtf': 'rtf',
};

const range = { table: 'documents', first: 10_000_000, perPatient: 12 };

/** The index of a share of scans and letters. */
export const documents: Table = chartTable<ScannedDocument>({
  name: 'documents',
  note: 'Index of the document share; doc_access says who may read which folder',
  type: 'DocumentReference',
  items: createDocuments,
  fields: [
    keyField('doc_id'),
    patientField,
    {
      name: 'doc_typ',
      type: 'varchar(3)',
      note: 'LAB report RAD report REF referral CON consent INS insurance card',
      of: ({ kind }) => kind,
    },
    { name: 'title', type: 'varchar(80)', of: ({ title }) => title },
    { name: 'media_typ', type: 'varchar(20)', of: ({ media }) => media },
    { name: 'file_path', type: 'varchar(80)', note: 'below the share', of: ({ path }) => path },
    {
      name: 'file_len',
      type: 'integer',
      note: 'bytes, as they were scanned',
      of: (document) => Buffer.byteLength(bytesOf(document)),
    },
    {
      name: 'svc_dt',
      type: 'varchar(10)',
      note: 'MM/dd/yyyy',
      of: ({ day }) => legacyDate(day, 'MM/dd/yyyy'),
    },
    {
      name: 'status_cd',
      type: 'char(1)',
      note: 'C current S superseded E entered in error',
      of: ({ status }) => status,
    },
    { name: 'author_id', type: 'integer', of: ({ authorId }) => authorId },
    {
      name: 'sign_cd',
      type: 'char(1)',
      note: 'S signed U unsigned A addended',
      of: ({ sign }) => sign,
    },
    { name: 'adds_to', type: 'bigint', note: 'doc_id', of: ({ addsTo }) => addsTo },
  ],
  expect: (document) => ({ ...expectedIndex(document), ...expectedFile(document) }),
});

function expectedIndex(document: ScannedDocument): Record<string, Expected | null> {
  const { person, kind, title, media, path, day, status, sign } = document;
  return {
    subject: refer('pt_demog', person.id),
    'document-type': { system: loinc, code: typeOf[kind] },
    'document-status': { C: 'current', S: 'superseded', E: 'entered-in-error' }[status],
    'document-title': title,
    'document-media': media,
    identifier: [path],
    'document-service-date': isoDate(day),
    'document-author': refer('providers', document.authorId),
    'document-signature': { S: 'final', U: 'preliminary', A: 'amended' }[sign],
    'document-adds-to': refer('documents', document.addsTo),
  };
}

function expectedFile(document: ScannedDocument): Record<string, Expected | null> {
  const bytes = Buffer.from(bytesOf(document));
  return {
    'document-content': { table: 'documents', key: String(document.id), type: 'Binary' },
    'document-hash': createHash('sha1').update(bytes).digest('base64'),
    'document-size': String(bytes.length),
    'document-reader': readersOf(document.kind),
  };
}

function createDocuments(world: World, person: Person): ScannedDocument[] {
  let former: ScannedDocument | undefined;
  const items = chartItems(
    world,
    person,
    range,
    (random) => repeats(random, 0.5, 10),
    (random, base) => {
      const kind = drawKind(random);
      const media = pick(random, ['application/pdf', 'application/pdf', 'image/tiff', 'text/rtf']);
      const day = between(random, Math.max(person.birth, lastDay - 3000), lastDay);
      const document: ScannedDocument = {
        ...base,
        kind,
        title: chance(random, 0.5) ? `${kind} ${legacyDate(day, 'MM/dd/yy')}` : titles[kind],
        media: media as Media,
        path: `${kind}/${civil(day).year}/D${base.id}.${endings[media as Media]}`,
        day,
        status: drawStatus(random),
        authorId: providerId(random.integer(world.staff)),
        sign: drawSignature(random),
        addsTo: chance(random, 0.1) ? (former?.id ?? null) : null,
      };
      if (standsFirm(document)) former = document;
      return document;
    },
  );
  const last = items.at(-1);
  const twice = last?.defect?.name === fileDefects.twice.name;
  return twice && last ? [...items, { ...last, id: last.id + 1 }] : items;
}

/** A file of the share, and what must become of it. */
export interface SharedFile {
  path: string;
  bytes: string;
  truth: Truth;
}

/**
 * The files of the share in the order of the index, and among them those that no row points to. Where
 * a planted row points at a file that is not there, there is none.
 */
export function* sharedFiles(world: World): Generator<SharedFile> {
  const { orphan, empty } = fileDefects;
  for (const person of persons(world)) {
    const written = new Set<string>();
    for (const document of createDocuments(world, person)) {
      const { path, defect } = document;
      if (defect?.reason === 'document-missing' || written.has(path)) continue;
      written.add(path);
      const held = defect?.name === empty.name ? empty : undefined;
      yield { path, bytes: bytesOnShare(document), truth: truthOfFile(path, held) };
    }
    if (world.planted(person, orphan.table) !== undefined) {
      const path = `LAB/2019/copy_${person.index}.pdf`;
      yield { path, bytes: '%PDF-1.4\n% a copy\n%%EOF\n', truth: truthOfFile(path, orphan) };
    }
  }
}

function truthOfFile(key: string, held: Defect | undefined): Truth {
  if (held === undefined) return { key, outcome: 'stays' };
  return { key, outcome: 'quarantined', reason: held.reason, defect: held.name };
}

/** What lies there, which is not always what was scanned. */
function bytesOnShare(document: ScannedDocument): string {
  const bytes = bytesOf(document);
  const { truncated, otherKind, empty } = fileDefects;
  const name = document.defect?.name;
  if (name === truncated.name) return bytes.slice(0, 9);
  if (name === otherKind.name) return `GIF89a${bytes.slice(6)}`;
  return name === empty.name ? '' : bytes;
}

/** Small, but each with the first bytes that its kind has, and no two alike. */
function bytesOf({ id, media, title }: ScannedDocument): string {
  if (media === 'application/pdf') return `%PDF-1.4\n% ${title} ${id}\n%%EOF\n`;
  if (media === 'text/rtf') return `{\\rtf1\\ansi ${title} ${id}\\par}\n`;
  return `II*\0\b\0\0\0${id}`;
}

const titles: Readonly<Record<DocumentKind, string>> = {
  LAB: 'Outside labs',
  RAD: 'Radiology report',
  REF: 'Letter, Dr. Müller',
  CON: 'Consent – signed',
  INS: 'Card (front/back)',
};

const typeOf: Readonly<Record<DocumentKind, string>> = {
  LAB: '11502-2',
  RAD: '18748-4',
  REF: '57133-1',
  CON: '59284-0',
  INS: '64290-0',
};
