import { ConceptTable } from './concepts.ts';
import { Gems } from './gems.ts';
import type { Terminology } from './terminology.ts';

/** Takes the lines of one file of a release; nothing of it is held but what is kept. */
export interface ReleaseLoader {
  /** A line without its end. @throws ReleaseProblem where it is not of that layout */
  line(text: string): void;
  /** What was loaded is there to be asked. @returns concepts, or codes of a map */
  finish(): number;
}

/** A line that is not of its layout: its number, and what is wrong. */
export class ReleaseProblem extends Error {}

export const systems = {
  icd10cm: 'http://hl7.org/fhir/sid/icd-10-cm',
  icd9cm: 'http://hl7.org/fhir/sid/icd-9-cm',
  icd10pcs: 'http://www.cms.gov/Medicare/Coding/ICD10',
  loinc: 'http://loinc.org',
  rxnorm: 'http://www.nlm.nih.gov/research/umls/rxnorm',
  snomed: 'http://snomed.info/sct',
  cpt: 'http://www.ama-assn.org/go/cpt',
} as const;

interface Release {
  /** Names of its files, as the publisher gives them. */
  files: RegExp;
  summary: string;
  loader(terminology: Terminology): ReleaseLoader;
}

/** Official layouts, by the names that their files have. */
export const releases: readonly Release[] = [
  {
    files: /icd10cm[_-]?order.*\.txt$/i,
    summary: 'ICD-10-CM order file',
    loader: (terminology) => tableLoader(terminology, systems.icd10cm, icd10cmLine),
  },
  { files: /^loinc\.csv$/i, summary: 'LOINC table', loader: loincLoader },
  { files: /^mapto\.csv$/i, summary: 'LOINC replacements', loader: loincReplacements },
  {
    files: /^rxnconso\.rrf$/i,
    summary: 'RxNorm concepts',
    loader: (terminology) => tableLoader(terminology, systems.rxnorm, rxnormLine),
  },
  {
    files: /^x?sct2_concept_snapshot.*\.txt$/i,
    summary: 'SNOMED CT concepts',
    loader: (terminology) => tableLoader(terminology, systems.snomed, snomedConcept),
  },
  {
    files: /^x?sct2_description_snapshot.*\.txt$/i,
    summary: 'SNOMED CT descriptions',
    loader: (terminology) => tableLoader(terminology, systems.snomed, snomedDescription),
  },
  {
    files: /^x?sct2_relationship_snapshot.*\.txt$/i,
    summary: 'SNOMED CT relationships',
    loader: (terminology) => tableLoader(terminology, systems.snomed, snomedRelationship),
  },
  {
    files: /^(longult|medu|shortu|cpt.*)\.txt$/i,
    summary: 'CPT descriptors',
    loader: (terminology) => tableLoader(terminology, systems.cpt, cptLine),
  },
  {
    files: /(^\d{4}_?i9gem|icd9.*cm.*gem|i9gem).*\.(txt|csv)$/i,
    summary: 'ICD-9-CM to ICD-10-CM equivalences',
    loader: (terminology) => gemLoader(terminology, systems.icd10cm, true),
  },
  {
    files: /(gem_pcs|gem_i9pcs|icd9.*pcs.*gem|i9pcs).*\.(txt|csv)$/i,
    summary: 'ICD-9-CM procedures to ICD-10-PCS equivalences',
    loader: (terminology) => gemLoader(terminology, systems.icd10pcs, false),
  },
];

export function releaseOf(fileName: string): Release | undefined {
  return releases.find(({ files }) => files.test(fileName));
}

/** The name of a site's own table of units. */
export const unitsFile = 'units.csv';

/** Whether a file of that name is read in a folder of terminology; others are left alone. */
export function isTerminologyFile(fileName: string): boolean {
  return releaseOf(fileName) !== undefined || fileName === unitsFile || fileName.endsWith('.json');
}

/** Files of one release share the table of their system. */
function tableOf(terminology: Terminology, system: string): ConceptTable {
  const known = terminology.own(system);
  if (known !== undefined) return known;
  const table = new ConceptTable(system);
  terminology.addSystem(table);
  return table;
}

function tableLoader(
  terminology: Terminology,
  system: string,
  read: (line: string, table: ConceptTable, number: number) => void,
): ReleaseLoader {
  const table = tableOf(terminology, system);
  let number = 0;
  return {
    line(text) {
      number++;
      if (text !== '') read(text, table, number);
    },
    finish: () => table.size,
  };
}

/**
 * Order number, code, whether it is billable, short and long descriptions in fixed columns (CMS,
 * icd10OrderFiles.pdf). Codes have no point there; FHIR writes one after the third character.
 */
function icd10cmLine(line: string, table: ConceptTable, number: number): void {
  const match = /^\d{5} (\S{3,7})\s+([01]) (.{60}) ?(.*)$/.exec(line);
  if (match === null) throw new ReleaseProblem(`line ${number} is not of the order file's layout`);
  const [, written = '', , , long = ''] = match;
  const code = withPoint(written);
  table.add(code, long.trim());
  for (let length = written.length - 1; length >= 3; length--) {
    const above = withPoint(written.slice(0, length));
    if (table.find(above) === undefined) continue;
    table.addParent(code, above);
    return;
  }
}

export function withPoint(code: string): string {
  return code.length > 3 ? `${code.slice(0, 3)}.${code.slice(3)}` : code;
}

/** Columns that value sets ask for (Using LOINC with FHIR, properties) and that few values are in. */
const loincProperties = [
  ...(['PROPERTY', 'TIME_ASPCT', 'SYSTEM', 'SCALE_TYP', 'METHOD_TYP'] as const),
  ...(['CLASS', 'CLASSTYPE', 'STATUS', 'ORDER_OBS'] as const),
];

/** CSV with a header; deprecated terms stay known. Older releases tell in it what took their place. */
function loincLoader(terminology: Terminology): ReleaseLoader {
  const table = tableOf(terminology, systems.loinc);
  return csvLoader(table, ['LOINC_NUM', 'LONG_COMMON_NAME'], (cell) => {
    const code = cell('LOINC_NUM');
    if (code === '') return;
    table.add(code, cell('LONG_COMMON_NAME'), cell('STATUS') === 'DEPRECATED');
    for (const name of loincProperties) {
      const value = cell(name);
      if (value !== '') table.addProperty(code, name, value);
    }
    const replacement = cell('MAP_TO');
    if (replacement !== '') table.addReplacement(code, replacement);
  });
}

function loincReplacements(terminology: Terminology): ReleaseLoader {
  const table = tableOf(terminology, systems.loinc);
  return csvLoader(table, ['LOINC', 'MAP_TO'], (cell) =>
    table.addReplacement(cell('LOINC'), cell('MAP_TO')),
  );
}

/** CSV with a header, whose fields may hold line ends. Cells of columns that are not there are empty. */
function csvLoader(
  table: ConceptTable,
  needed: readonly string[],
  row: (cell: (column: string) => string) => void,
): ReleaseLoader {
  let columns: ReadonlyMap<string, number> | undefined;
  let pending = '';
  let fields: string[] = [];
  const cell = (column: string): string => fields[columns?.get(column) ?? -1] ?? '';
  return {
    line(text) {
      const whole = pending === '' ? text : `${pending}\n${text}`;
      pending = hasOpenQuote(whole) ? whole : '';
      if (pending !== '' || whole === '') return;
      fields = csvFields(whole);
      if (columns !== undefined) return row(cell);
      columns = new Map(fields.map((name, at) => [name.replace(/^\ufeff/, ''), at]));
      if (needed.every((name) => columns?.has(name))) return;
      throw new ReleaseProblem(`line 1 does not name ${needed.join(' and ')}`);
    },
    finish() {
      if (pending !== '') throw new ReleaseProblem('a quote is not closed before its end');
      return table.size;
    },
  };
}

function hasOpenQuote(text: string): boolean {
  let quotes = 0;
  for (let at = text.indexOf('"'); at !== -1; at = text.indexOf('"', at + 1)) quotes++;
  return quotes % 2 === 1;
}

export function csvFields(line: string): string[] {
  const fields: string[] = [];
  const field = /(?:"((?:[^"]|"")*)"|([^,]*))(,|$)/y;
  for (;;) {
    const match = field.exec(line);
    if (match === null) return fields;
    fields.push(match[1] === undefined ? (match[2] as string) : match[1].replaceAll('""', '"'));
    if (match[3] === '') return fields;
  }
}

/** How much a term type says, for the one display that a concept has. */
const termTypes = ['SCD', 'SBD', 'GPCK', 'BPCK', 'IN', 'PIN', 'MIN', 'BN', 'SCDC', 'SCDF', 'DF'];

/** RXNCONSO: RXCUI is the code, of rows of RxNorm itself; SUPPRESS tells obsolete ones. */
function rxnormLine(line: string, table: ConceptTable, number: number): void {
  const fields = line.split('|');
  if (fields.length < 17) throw new ReleaseProblem(`line ${number} has fewer fields than RXNCONSO`);
  const [code = ''] = fields;
  const [source, type = '', text = '', suppressed] = [
    fields[11],
    fields[12],
    fields[14],
    fields[16],
  ];
  if (source !== 'RXNORM') return;
  const known = table.find(code);
  const isMain = termTypes.includes(type);
  if (known !== undefined && !isMain) return;
  table.add(code, text, suppressed === 'O' || suppressed === 'E');
}

const snomedHeader = /^id\teffectiveTime\t/;

function snomedConcept(line: string, table: ConceptTable, number: number): void {
  if (snomedHeader.test(line)) return;
  const [code = '', , active] = columnsOf(line, number, 5);
  table.add(code, '', active !== '1');
}

const fullName = '900000000000003001';

/** The fully specified name, else the first synonym there is. */
function snomedDescription(line: string, table: ConceptTable, number: number): void {
  if (snomedHeader.test(line)) return;
  const fields = columnsOf(line, number, 9);
  const [active, code = '', type, text = ''] = [fields[2], fields[4], fields[6], fields[7]];
  if (active !== '1') return;
  const known = table.find(code);
  if (known !== undefined && known.display !== '' && type !== fullName) return;
  table.add(code, text, known?.inactive ?? false);
}

const isA = '116680003';

function snomedRelationship(line: string, table: ConceptTable, number: number): void {
  if (snomedHeader.test(line)) return;
  const fields = columnsOf(line, number, 10);
  const [active, code = '', parent = '', type] = [fields[2], fields[4], fields[5], fields[7]];
  if (active === '1' && type === isA) table.addParent(code, parent);
}

function columnsOf(line: string, number: number, count: number): string[] {
  const fields = line.split('\t');
  if (fields.length < count)
    throw new ReleaseProblem(`line ${number} has fewer than ${count} columns`);
  return fields;
}

/** A code of five characters, a tab or blank, the descriptor; lines of the notice before are passed. */
function cptLine(line: string, table: ConceptTable): void {
  const match = /^([0-9]{4}[0-9A-Z])[\t ]+(\S.*)$/.exec(line);
  if (match !== null) table.add(match[1] as string, (match[2] as string).trim());
}

function gemLoader(terminology: Terminology, target: string, diagnoses: boolean): ReleaseLoader {
  const gems = new Gems(systems.icd9cm, target, diagnoses);
  let number = 0;
  return {
    line(text) {
      number++;
      gems.line(text);
      if (gems.unreadable === 0) return;
      throw new ReleaseProblem(`line ${number} is not of the mappings' layout`);
    },
    finish() {
      terminology.addMap(gems.map);
      return gems.map.size;
    },
  };
}
