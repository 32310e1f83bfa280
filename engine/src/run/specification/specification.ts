import { basename } from 'node:path/posix';
import { readMappingSource, type MappingSource } from '../../mapping/source.ts';
import { readStandardSource } from '../../mapping/standards/source.ts';
import type { Standard } from '../../mapping/standards/standard.ts';
import type { Stream } from '../../model/stream.ts';
import { codeMapRows, type CodeMapRow } from '../../terminology/codeMap.ts';
import { ReadableIds } from '../goldens/readableIds.ts';
import type { ProjectFile } from '../plan/read.ts';
import { filesUnder, receivablesOf } from '../plan/receivables.ts';
import { judgeStreams } from '../plan/streams.ts';
import type { PlanDocument } from '../plan/schema.ts';
import type { WrittenProject } from '../plan/written.ts';
import { elementSheets, type ElementSheet, type RowNames } from './elements.ts';
import { factSheets, type FactSheet } from './facts.ts';
import { inWords } from './words.ts';

/** What a project's mappings do, for people who do not read mappings. It holds no patient's value. */
export interface Specification {
  project: string;
  /** The plan revision that it is of. */
  revision: string;
  streams: StreamSheet[];
  codeMaps: CodeMapSheet[];
  /** Streams that no mapping is for. */
  unmapped: DispositionSheet[];
}

/** A condition with its reason. */
export interface RuleSheet {
  reason: string;
  says: string;
  expression: string;
}

export interface StreamSheet {
  stream: string;
  file: string;
  /** What the author says at the head of the file. */
  note: string;
  key: readonly string[];
  /** How its records take part, where they do not simply become resources. */
  part: string;
  /** Expressions that are written once. */
  named: { name: string; says: string; expression: string }[];
  exclusions: RuleSheet[];
  /** What is held by a rule of the mapping's own. */
  holds: RuleSheet[];
  resources: { name: string; elements: ElementSheet[] }[];
  facts: FactSheet[];
  /** Names of code maps that it reads. */
  codeMaps: string[];
  /** Columns that no rule reads. */
  unread: DispositionSheet[];
}

export interface CodeMapSheet {
  name: string;
  rows: CodeMapRow[];
  /** Streams whose mappings read it. */
  usedBy: string[];
}

/** What becomes of a stream or a column that nothing reads. */
export interface DispositionSheet {
  /** The stream, or the column. */
  item: string;
  type: string;
  fate: string;
  reason: string;
  owner: string;
  approver: string;
}

/** The specification of mappings that were found sound. */
export function specificationOf({ plan, streams }: WrittenProject): Specification {
  const { files, document, digest } = plan.project;
  const { mappings } = judgeStreams(plan, streams, new ReadableIds());
  const named = new Map(streams.map((stream) => [stream.name, stream]));
  const { way } = receivablesOf(document);
  const { moving } = filesUnder(files.mappings, way);
  const sheets = files.mappings.flatMap((file): StreamSheet[] => {
    const standard = readStandardSource(file.path, file.text);
    if (standard?.standard !== undefined) {
      const names = standard.streams.map(({ text }) => text);
      return standardSheets(file, standard.standard, streamsOf(names, named));
    }
    const { source } = readMappingSource(file.path, file.text);
    const stream = named.get(source?.stream.text ?? '');
    const mapping = mappings.get(stream?.name ?? '');
    if (source === undefined || stream === undefined || mapping === undefined) return [];
    const read = new Set([...mapping.columnsRead, ...stream.key]);
    const unread = stream.columns
      .filter(({ name }) => !read.has(name))
      .map(({ name, sourceType }) => disposed(document, stream.name, name, sourceType));
    const sheet = streamSheet(file, source, stream, named);
    if (moving.includes(file)) return [{ ...sheet, unread }];
    // Where another file maps the stream, that one is in force.
    if (mapping.resources.length > 0) return [];
    const part = `Under receivables: ${way} its records stay behind. ${sheet.part}`;
    return [{ ...sheet, unread, part: part.trim() }];
  });
  return {
    project: document.name,
    revision: digest,
    streams: sheets,
    codeMaps: files.codeMaps.map((file) => codeMapSheet(file, sheets)),
    unmapped: streams
      .filter(({ name }) => !mappings.has(name))
      .map(({ name }) => disposed(document, name, undefined, '')),
  };
}

function streamsOf(names: readonly string[], named: ReadonlyMap<string, Stream>): Stream[] {
  return names.map((name) => named.get(name)).filter((stream) => stream !== undefined);
}

/** Streams of messages or documents: what they become is said by a published standard, not here. */
function standardSheets(
  file: ProjectFile,
  { name, resources }: Standard,
  streams: readonly Stream[],
): StreamSheet[] {
  const part = `Mapped by the standard ${name}, and held against its facts. It can make: ${resources.join(', ')}.`;
  return streams.map(({ name: stream, key }) => ({
    stream,
    file: file.path,
    note: noteOf(file.text),
    key,
    part,
    named: [],
    exclusions: [],
    holds: [],
    resources: [],
    facts: [],
    codeMaps: [],
    unread: [],
  }));
}

function streamSheet(
  file: ProjectFile,
  source: MappingSource,
  stream: Stream,
  streams: ReadonlyMap<string, Stream>,
): Omit<StreamSheet, 'unread'> {
  const columns = (name: string | undefined): Set<string> => {
    const those = name === undefined ? stream : streams.get(name);
    return new Set(those?.columns.map((column) => column.name));
  };
  const rows: RowNames = new Map([
    ...source.children.map((child) => [child.name.text, child.stream.text] as const),
    ...(source.group === undefined ? [] : [['rows', stream.name] as const]),
  ]);
  const named = new Map(source.lets.map(({ name, expression }) => [name.text, expression.text]));
  return {
    stream: stream.name,
    file: file.path,
    note: noteOf(file.text),
    key: stream.key,
    part: partOf(source),
    named: source.lets.map(({ name, expression: { text } }) => ({
      name: name.text,
      says: inWords(text) ?? '',
      expression: text,
    })),
    exclusions: source.excludes.map(ruleSheet),
    holds: source.holds.map(ruleSheet),
    resources: source.resources.map((resource) => ({
      name: resource.name,
      elements: elementSheets(resource, columns, rows, named),
    })),
    facts: factSheets(file),
    codeMaps: mapsIn(file.text),
  };
}

function ruleSheet({ when, reason }: MappingSource['holds'][number]): RuleSheet {
  return { reason, says: inWords(when.text) ?? '', expression: when.text };
}

/** Names of the code maps that a mapping reads. */
function mapsIn(text: string): string[] {
  const found = [...text.matchAll(/\.map\('([^']+)'/g)].map(([, name = '']) => name);
  return [...new Set(found)];
}

/** The comment at the head of a file, without what is for editors. */
function noteOf(text: string): string {
  const [head = ''] = text.split(/^[^#]/m, 1);
  return head
    .split('\n')
    .filter((line) => !line.startsWith('# yaml-language-server:'))
    .map((line) => line.replace(/^#\s?/, '').trim())
    .join(' ')
    .trim();
}

function partOf({ lookup, foldedInto, children, group }: MappingSource): string {
  const texts = (nodes: readonly { text: string }[]): string =>
    nodes.map(({ text }) => text).join(' and ');
  return [
    ...(lookup ? ['Only looked up by others; it becomes no resource of its own.'] : []),
    ...(foldedInto ? [`Its rows become part of what ${foldedInto.text} yields.`] : []),
    ...children.map(({ stream, by }) => `Takes in the rows of ${stream.text} by ${texts(by)}.`),
    ...(group ? [`Rows with the same ${texts(group.by)} become one resource.`] : []),
  ].join(' ');
}

function codeMapSheet({ path, text }: ProjectFile, sheets: readonly StreamSheet[]): CodeMapSheet {
  const name = basename(path, '.csv');
  const users = sheets.filter(({ codeMaps }) => codeMaps.includes(name));
  return { name, rows: codeMapRows(text), usedBy: users.map(({ stream }) => stream) };
}

function disposed(
  { dispositions }: PlanDocument,
  stream: string,
  column: string | undefined,
  type: string,
): DispositionSheet {
  const found = dispositions.find(
    (one) =>
      one.stream === stream &&
      (column === undefined ? one.columns === undefined : one.columns?.includes(column)),
  );
  const { fate = 'undecided', reason = '', owner = '', approver = '' } = found ?? {};
  return { item: column ?? stream, type, fate, reason, owner, approver };
}
