import { readdirSync, readFileSync } from 'node:fs';
import * as path from 'node:path';
import type { Hl7Message } from '../src/formats/hl7v2/message.ts';
import type { Segment } from '../src/formats/hl7v2/segment.ts';
import { parseCsv } from '../src/terminology/csv.ts';

/** One line of HL7's tables: a field, or a part of one, and the elements it goes to. */
interface TableRow {
  /** `PID-3`, or the segment alone where the line says what always holds. */
  source: string;
  /** Component of a data type's line. */
  component: number | undefined;
  /** `participant[1].individual(Practitioner)`. */
  target: string;
  /** `CX[Identifier]`: the table that the value goes through. */
  dataType: string;
  constant: string;
  /** `IF MSH-23 NOT VALUED`. */
  condition: string;
}

/** HL7's v2-to-FHIR tables, as this measure reads them; the mapping has no part in it. */
export interface Tables {
  segments: ReadonlyMap<string, readonly (TableRow & { type: string })[]>;
  dataTypes: ReadonlyMap<string, readonly TableRow[]>;
  /** Codes that a code is mapped to by any map. */
  codes: ReadonlyMap<string, ReadonlySet<string>>;
  /** The same by the name of the map. */
  maps: ReadonlyMap<string, ReadonlyMap<string, ReadonlySet<string>>>;
  /** Values that a line of the tables says. */
  constants: ReadonlySet<string>;
}

/** @param directory `v2-to-fhir/mappings` of the shared data. */
export function readTables(directory: string): Tables {
  const segments = new Map<string, (TableRow & { type: string })[]>();
  const constants = new Set<string>();
  for (const [name, lines] of sheets(path.join(directory, 'segments'))) {
    const [, segment = '', type = ''] = /^(\w+)\[([A-Za-z]+)/.exec(name) ?? [];
    const found = lines
      .map((line) => ({ ...rowOf(line), type }))
      .filter(({ target }) => target !== '');
    for (const { constant } of found) constants.add(constant);
    segments.set(segment, [...(segments.get(segment) ?? []), ...found]);
  }
  const dataTypes = new Map<string, TableRow[]>();
  for (const [name, lines] of sheets(path.join(directory, 'datatypes'))) {
    const found = lines.map(rowOf).filter(({ target }) => target !== '');
    for (const { constant } of found) constants.add(constant);
    dataTypes.set(name.toLowerCase(), found);
  }
  const codes = new Map<string, Set<string>>();
  const maps = new Map<string, Map<string, Set<string>>>();
  for (const [name, lines] of sheets(path.join(directory, 'codesystems'))) {
    const own = new Map<string, Set<string>>();
    maps.set(name, own);
    for (const line of lines) {
      const [from = '', to = ''] = [line[0]?.trim(), line[6]?.trim()];
      if (from === '' || to === '') continue;
      codes.set(from, (codes.get(from) ?? new Set()).add(to));
      own.set(from, (own.get(from) ?? new Set()).add(to));
    }
  }
  return { segments, dataTypes, codes, maps, constants };
}

function sheets(directory: string): [name: string, lines: string[][]][] {
  return readdirSync(directory)
    .filter((file) => file.endsWith('.csv'))
    .map((file) => {
      const name = /R4_ (.*?) - |Map_ (.*?) - /.exec(file);
      const text = readFileSync(path.join(directory, file), 'utf8');
      return [
        (name?.[1] ?? name?.[2] ?? file).trim(),
        parseCsv(text).rows.map(({ fields }) => [...fields]),
      ];
    });
}

function rowOf(line: readonly string[]): TableRow {
  const cell = (at: number): string => (line[at] ?? '').trim().replaceAll('\n', ' ');
  const id = cell(1);
  const component = /^\w+\.(\d+)$/.exec(id)?.[1];
  const [, constant = ''] = /^"([^"]*)"$/.exec(cell(16)) ?? [];
  return {
    source: id,
    component: component === undefined ? undefined : Number(component),
    target: cell(9).split('=')[0] as string,
    dataType: cell(14).toLowerCase(),
    constant,
    condition: cell(6) || cell(8),
  };
}

/** An element of FHIR that the tables give, and what of the message it is taken from. */
export interface OfficialElement {
  segment: string;
  /** Texts of the message that the lines for it read; empty for what a line always says. */
  sources: Set<string>;
}

/**
 * The elements that the tables define for a message: `Patient.name.family`, with where each comes
 * from. A line whose field or component is empty in this message defines nothing for it.
 */
export function officialElements(
  message: Hl7Message,
  tables: Tables,
): Map<string, OfficialElement> {
  const elements = new Map<string, OfficialElement>();
  const documents = message.segments[0]?.text(9) === 'MDM';
  for (const segment of message.segments) {
    for (const row of tables.segments.get(segment.name) ?? []) {
      // The tables for MDM make an OBX part of the document, and no observation.
      if (documents && segment.name === 'OBX' && row.type === 'Observation') continue;
      if (!holds(row.condition, segment, message)) continue;
      const field = /^\w{3}-(\d+)$/.exec(row.source)?.[1];
      if (field === undefined) {
        define(elements, placeOf(row.type, row.target).all, segment.name, '');
        continue;
      }
      if (!segment.valued(Number(field))) continue;
      for (const value of segment.values(Number(field))) {
        expand(value.raw, row, row.type, segment.name, message, tables, elements, 0);
      }
    }
  }
  return elements;
}

/** Conditions on whether fields are valued; others are taken to hold. */
function holds(condition: string, segment: Segment, message: Hl7Message): boolean {
  const [, name, field, not] =
    /^IF ([A-Z]\w\w)-(\d+) (?:IS )?(NOT )?VALUED$/i.exec(condition) ?? [];
  if (name === undefined) return true;
  const other =
    name === segment.name ? segment : message.segments.find((each) => each.name === name);
  return (other?.valued(Number(field)) === true) === (not === undefined);
}

function expand(
  raw: string,
  row: TableRow,
  type: string,
  segment: string,
  message: Hl7Message,
  tables: Tables,
  elements: Map<string, OfficialElement>,
  depth: number,
): void {
  if (raw === '' || raw === '""') return;
  const { all, last } = placeOf(type, row.target);
  define(elements, all, segment, raw);
  const parts = tables.dataTypes.get(row.dataType);
  if (parts === undefined || depth > 3) return;
  const mark = depth === 0 ? message.marks.component : message.marks.subcomponent;
  const components = raw.split(mark);
  for (const part of parts) {
    const own = part.component === undefined ? raw : (components[part.component - 1] ?? '');
    const inner = { ...part, target: joined(last.path, part.target) };
    expand(own, inner, last.type, segment, message, tables, elements, depth + 1);
  }
}

function joined(front: string, target: string): string {
  const own = target.replace(/^\[[^\]]*\]\.?/, '').replace(/^\$(value|this).*$/, '');
  if (front === '') return own;
  return own === '' ? front : `${front}.${own}`;
}

interface Place {
  type: string;
  path: string;
}

/** `performer(PractitionerRole.practitioner(Practitioner))`: every element on the way, and the last. */
function placeOf(type: string, target: string): { all: Place[]; last: Place } {
  let at: Place = { type, path: '' };
  const all: Place[] = [];
  const tokens = target.replace(/\[[^\]]*\]/g, '').match(/[A-Za-z]+|[.()]/g) ?? [];
  tokens.forEach((token, index) => {
    if (token === '(') {
      all.push({ type: at.type, path: `${at.path}.reference` });
      at = { type: '', path: '' };
    } else if (token === '.' || token === ')') return;
    else if (at.type === '') at = { type: token, path: '' };
    else if (tokens[index - 1] === '.' || at.path === '') {
      at = { type: at.type, path: at.path === '' ? token : `${at.path}.${token}` };
    }
  });
  if (at.path !== '') all.push(at);
  return { all, last: at };
}

function define(
  elements: Map<string, OfficialElement>,
  places: readonly Place[],
  segment: string,
  raw: string,
): void {
  for (const { type, path: place } of places) {
    const key = `${type}.${place}`;
    const element = elements.get(key) ?? { segment, sources: new Set<string>() };
    if (raw !== '') element.sources.add(raw);
    elements.set(key, element);
  }
}
