import { Document, isMap, isNode, isScalar, parseDocument, stringify } from 'yaml';
import type { Scalar, Tags } from 'yaml';
import { JsonNumber, type Json, type JsonObject } from '../../base/json.ts';
import { isYamlScalar, readLocatedYaml, yamlEntry } from '../../base/locatedYaml.ts';
import type { YamlMap, YamlNode } from '../../base/locatedYaml.ts';
import { nearestName } from '../../fhirpath/expressionError.ts';
import { hasKnownNames } from '../../mapping/columnSuggestion.ts';
import { ProblemList } from '../../mapping/problems.ts';
import type { Problem } from '../../model/problem.ts';
import type { Stream } from '../../model/stream.ts';
import type { ProjectFile } from '../plan/read.ts';
import type { GivenRow } from './rowsAtHand.ts';

/**
 * A test of a mapping: rows, and what must be made of them. `mappings/clinic/pt_demog.test/died.yaml`
 * stands beside `mappings/clinic/pt_demog.yaml`.
 */
export interface Golden {
  file: ProjectFile;
  /** The stream of the mapping beside it. */
  stream: Stream;
  given: readonly GivenRow[];
  /** Rows of other streams that lookups and children reach. */
  with: ReadonlyMap<string, readonly GivenRow[]>;
  /** Undefined: nothing is expected yet. */
  expect: JsonObject | undefined;
}

/** What a golden is made of. */
export type GivenRows = Pick<Golden, 'given' | 'with'>;

const goldenKeys = ['given', 'with', 'expect'];

/** Read a golden; a column or stream that is not there is a problem at its place. */
export function readGolden(
  file: ProjectFile,
  stream: Stream,
  streams: ReadonlyMap<string, Stream>,
): { golden: Golden; problems: Problem[] } {
  const problems = new ProblemList(file.path);
  const reader = new GoldenReader(problems);
  const { root, problems: malformed } = readLocatedYaml(file.text);
  for (const problem of malformed) problems.add(problem, 'yaml-malformed', problem.message);
  const map = root?.kind === 'map' ? root : undefined;
  if (map === undefined && malformed.length === 0) {
    const fix = 'given: [{ column: value }]';
    problems.add({ line: 1, column: 1 }, 'golden-empty', 'a golden has rows under given', fix);
  }
  const entry = (name: string): YamlNode | undefined => map && yamlEntry(map, name);
  if (map !== undefined) reader.knownKeys(map, goldenKeys);
  const expected = entry('expect');
  const golden = {
    file,
    stream,
    given: reader.rows(entry('given'), stream),
    with: reader.others(entry('with'), streams),
    expect: expected?.kind === 'map' ? (jsonOf(expected) as JsonObject) : undefined,
  };
  if (map !== undefined && golden.given.length === 0) {
    const fix = `given: [{ ${stream.key[0] ?? 'column'}: … }]`;
    problems.add(map, 'given-missing', 'no row is given', fix);
  }
  return { golden, problems: problems.sorted() };
}

class GoldenReader {
  readonly #problems: ProblemList;

  constructor(problems: ProblemList) {
    this.#problems = problems;
  }

  knownKeys(map: YamlMap, known: readonly string[]): void {
    for (const { key } of map.entries) {
      if (known.includes(key.text)) continue;
      const fix = nearestName(key.text, known) ?? `one of ${known.join(', ')}`;
      this.#problems.add(key, 'unknown-key', `"${key.text}" has no meaning here`, fix);
    }
  }

  rows(node: YamlNode | undefined, stream: Stream): GivenRow[] {
    if (node === undefined) return [];
    return (node.kind === 'list' ? node.items : [node]).flatMap((item) => {
      if (item.kind === 'map') return [this.#row(item, stream)];
      this.#problems.add(item, 'map-expected', 'a row is a map from columns to values');
      return [];
    });
  }

  others(
    node: YamlNode | undefined,
    streams: ReadonlyMap<string, Stream>,
  ): Map<string, GivenRow[]> {
    const others = new Map<string, GivenRow[]>();
    for (const { key, value } of node?.kind === 'map' ? node.entries : []) {
      const stream = streams.get(key.text);
      if (stream !== undefined) others.set(stream.name, this.rows(value, stream));
      else {
        const near = nearestName(key.text, streams.keys());
        this.#problems.add(key, 'stream-unknown', `no stream is called "${key.text}"`, near);
      }
    }
    return others;
  }

  #row(map: YamlMap, stream: Stream): GivenRow {
    const { name, columns } = stream;
    const names = columns.map((column) => column.name);
    const mayTell = hasKnownNames(
      stream,
      map.entries.map(({ key }) => key.text),
    );
    const row: Record<string, string | null> = {};
    for (const { key, value } of map.entries) {
      if (!names.includes(key.text)) {
        const fix = mayTell
          ? (nearestName(key.text, names) ?? `one of ${names.join(', ')}`)
          : undefined;
        this.#problems.add(key, 'column-unknown', `${name} has no column "${key.text}"`, fix);
      } else if (isYamlScalar(value)) row[key.text] = value.kind === 'null' ? null : value.text;
      else this.#problems.add(value, 'text-expected', 'a value is one text, or ~ for NULL');
    }
    return row;
  }
}

/** YAML as JSON whose numbers have the digits that were written. */
function jsonOf(node: YamlNode): Json {
  switch (node.kind) {
    case 'map':
      return Object.fromEntries(node.entries.map(({ key, value }) => [key.text, jsonOf(value)]));
    case 'list':
      return node.items.map(jsonOf);
    case 'number':
      return new JsonNumber(node.text);
    case 'boolean':
      return node.text === 'true';
    case 'null':
      return null;
    case 'text':
      return node.text;
  }
}

/** Numbers go into the file with the digits they have. */
const digitsAsWritten = {
  tag: 'tag:yaml.org,2002:float',
  identify: (value: unknown) => value instanceof JsonNumber,
  default: true,
  test: /^(?!)/,
  resolve: (text: string) => text,
  stringify: ({ value }: Scalar) => String(value),
};

/** The text of a golden with `expect` in the place of what it expected; the rest stays as written. */
export function expecting(text: string, expect: JsonObject): string {
  const customTags = (tags: Tags): Tags => [digitsAsWritten, ...tags];
  const expected = new Document({ expect }, { customTags });
  const written = expected.toString({ lineWidth: 0, singleQuote: true });
  const former = rangeOf(text, 'expect');
  if (former !== undefined) return text.slice(0, former[0]) + written + text.slice(former[1]);
  return `${text}${text.endsWith('\n') ? '' : '\n'}${written}`;
}

/** A golden that expects nothing yet. */
export function givenText({ given, with: others }: GivenRows): string {
  const reached = others.size > 0 && { with: Object.fromEntries(others) };
  return stringify({ given, ...reached }, { lineWidth: 0, singleQuote: true });
}

/** Where the key and all that stands under it is written. */
function rangeOf(text: string, name: string): [from: number, to: number] | undefined {
  const { contents } = parseDocument(text);
  const pair = isMap(contents)
    ? contents.items.find(({ key }) => isScalar(key) && key.value === name)
    : undefined;
  const from = isScalar(pair?.key) ? pair.key.range?.[0] : undefined;
  const to = isNode(pair?.value) ? pair.value.range?.[2] : undefined;
  return from === undefined || to === undefined ? undefined : [from, to];
}
