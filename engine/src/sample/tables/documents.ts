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
import type { Table } from '../table.ts';
import { persons, type World } from '../world.ts';

interface ScannedDocument extends ChartItem {
  kind: DocumentKind;
  title: string;
  media: Media;
  path: string;
  day: Day;
  status: 'C' | 'S' | 'E';
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
  ],
  expect: ({ person, kind, title, media, path, day, status }) => ({
    subject: refer('pt_demog', person.id),
    'document-type': { system: loinc, code: typeOf[kind] },
    'document-status': { C: 'current', S: 'superseded', E: 'entered-in-error' }[status],
    'document-title': title,
    'document-media': media,
    'document-place': path,
    'document-service-date': isoDate(day),
  }),
});

function createDocuments(world: World, person: Person): ScannedDocument[] {
  return chartItems(
    world,
    person,
    range,
    (random) => repeats(random, 0.5, 10),
    (random, base) => {
      const kind = drawKind(random);
      const media = pick(random, ['application/pdf', 'application/pdf', 'image/tiff', 'text/rtf']);
      const day = between(random, Math.max(person.birth, lastDay - 3000), lastDay);
      return {
        ...base,
        kind,
        title: chance(random, 0.5) ? `${kind} ${legacyDate(day, 'MM/dd/yy')}` : titles[kind],
        media: media as Media,
        path: `${kind}/${civil(day).year}/D${base.id}.${endings[media as Media]}`,
        day,
        status: drawStatus(random),
      };
    },
  );
}

export interface SharedFile {
  path: string;
  bytes: string;
}

/** Files that nobody indexed lie on the share too: one for every so many patients. */
const patientsPerOrphan = 100;

/**
 * The files of the share in the order of the index, and among them some that no row points to.
 * Where a planted row points at a file that is not there, there is none.
 */
export function* sharedFiles(world: World): Generator<SharedFile> {
  for (const person of persons(world)) {
    for (const document of createDocuments(world, person)) {
      if (standsFirm(document) || document.deleted) {
        yield { path: document.path, bytes: bytesOf(document) };
      }
    }
    if (person.index % patientsPerOrphan === 7) {
      yield { path: `LAB/2019/copy_${person.index}.pdf`, bytes: '%PDF-1.4\n% a copy\n%%EOF\n' };
    }
  }
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
