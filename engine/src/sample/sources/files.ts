import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { seededRandom } from '../../base/random.ts';
import { isoDate, legacyDate } from '../calendar.ts';
import { TextFile } from '../textFile.ts';
import { claimsText } from './claims.ts';
import {
  entries,
  letterOf,
  typedOver,
  sourceNames,
  type Entry,
  type SourceName,
} from './entries.ts';
import { messagesOf } from './messages.ts';

/** Who a record truly is: a line of `truth.ndjson`. */
export interface SourceTruth {
  source: SourceName;
  key: string;
  person: number;
  relation: string;
  /** Identity data of somebody else were written over it. */
  overlaid?: true;
}

export interface SourcesRequest {
  folder: string;
  people: number;
  seed: string;
}

export interface SourcesTally {
  people: number;
  records: Record<SourceName, number>;
  overlaid: number;
}

/** Names of the five files; the first three are tables of databases. */
export const sourceFiles: Readonly<Record<SourceName, string>> = {
  registration: 'registration.csv',
  clinic: 'clinic.csv',
  laboratory: 'laboratory.csv',
  adt: 'adt.hl7',
  claims: 'claims.837',
};

/** Five sources of one region below a new folder, and who everybody truly is in `truth.ndjson`. */
export async function writeSources({
  folder,
  people,
  seed,
}: SourcesRequest): Promise<SourcesTally> {
  await mkdir(folder, { recursive: true });
  const draws = (kind: string, index: number) => seededRandom(`${seed}/sources/${kind}/${index}`);
  const files = tableFiles(folder);
  const truths = new TextFile(join(folder, 'truth.ndjson'));
  const messages: Buffer[] = [];
  const billed: Entry[] = [];
  const tally: SourcesTally = { people, records: noRecords(), overlaid: 0 };
  for (const entry of entries(draws, people)) {
    const { source } = entry;
    tally.records[source]++;
    if (entry.overlaidBy) tally.overlaid++;
    await truths.write(`${JSON.stringify(truthOf(entry))}\n`);
    if (source === 'adt') messages.push(...messagesOf(entry));
    else if (source === 'claims') billed.push(entry);
    else await files[source].write(`${csvLine(rowOf(source, entry))}\n`);
  }
  await writeFile(join(folder, sourceFiles.adt), Buffer.concat(messages));
  await writeFile(join(folder, sourceFiles.claims), claimsText(billed));
  await Promise.all([truths.close(), ...Object.values(files).map((file) => file.close())]);
  return tally;
}

const noRecords = (): Record<SourceName, number> =>
  Object.fromEntries(sourceNames.map((name) => [name, 0])) as Record<SourceName, number>;

function truthOf({ source, key, resident, overlaidBy }: Entry): SourceTruth {
  const { index, relation } = resident;
  return { source, key, person: index, relation, ...(overlaidBy && { overlaid: true }) };
}

type TableName = 'registration' | 'clinic' | 'laboratory';

const headings: Readonly<Record<TableName, string>> = {
  registration:
    'mrn,last_name,first_name,middle_initial,name_suffix,date_of_birth,sex,ssn,street,city,state,zip,home_phone,cell_phone,email',
  clinic:
    'chart_number,patient_name,dob,gender,social_security,address,city,zip,phone,email,hospital_mrn',
  laboratory: 'lab_patient_id,surname,forename,birth_date,sex,ssn,street,postcode,telephone',
};

function tableFiles(folder: string): Record<TableName, TextFile> {
  const opened = Object.entries(headings).map(([name, heading]) => {
    const file = new TextFile(join(folder, sourceFiles[name as TableName]));
    void file.write(`${heading}\n`);
    return [name, file] as const;
  });
  return Object.fromEntries(opened) as Record<TableName, TextFile>;
}

const csvLine = (cells: readonly (string | null | undefined)[]): string =>
  cells.map((cell) => (cell && /[",]/.test(cell) ? `"${cell}"` : (cell ?? ''))).join(',');

function rowOf(source: TableName, entry: Entry): (string | null | undefined)[] {
  const { key, hospitalMrn, overlaidBy } = entry;
  const known = overlaidBy === undefined ? entry.known : typedOver(entry.known, overlaidBy);
  const { address, birth } = known;
  switch (source) {
    case 'registration':
      return [
        key,
        known.family,
        known.given,
        known.middle,
        known.suffix,
        legacyDate(birth, 'MM/dd/yyyy'),
        letterOf[known.sex],
        known.ssn,
        address.line1,
        address.city,
        address.state,
        address.postalCode,
        known.homePhone,
        known.cellPhone,
        known.email,
      ];
    case 'clinic':
      return [
        key,
        `${known.family}${known.suffix ? ` ${known.suffix}` : ''}, ${[known.given, known.middle].filter(Boolean).join(' ')}`,
        isoDate(birth),
        known.sex,
        known.ssn,
        address.line1,
        address.city,
        address.postalCode.slice(0, 5),
        known.homePhone,
        known.email,
        hospitalMrn,
      ];
    case 'laboratory':
      return [
        key,
        known.family.toUpperCase(),
        known.given.toUpperCase(),
        legacyDate(birth, 'yyyyMMdd'),
        letterOf[known.sex],
        known.ssn?.replaceAll('-', ''),
        address.line1,
        address.postalCode.slice(0, 5),
        known.homePhone,
      ];
  }
}
