import { readLocatedYaml, textsIn, yamlEntry } from '../../base/locatedYaml.ts';
import type { ReceivablesWay } from '../../mapping/shape.ts';
import type { Problem } from '../../model/problem.ts';
import type { Stream } from '../../model/stream.ts';
import type { MappingPlan } from '../plan/compile.ts';
import type { ProjectFile } from '../plan/read.ts';
import { receivablesOf, wayOf } from '../plan/receivables.ts';
import { judgeStreams, type CompiledStreams } from '../plan/streams.ts';
import { goldenDifferences, type GoldenDifference } from './differences.ts';
import { readGolden, type Golden } from './goldenFile.ts';
import { makeGolden, type Made } from './made.ts';
import { ReadableIds } from './readableIds.ts';

/** What came of one golden. */
export interface GoldenResult extends Made {
  golden: Golden;
  differences: GoldenDifference[];
}

export interface TestedGoldens {
  results: GoldenResult[];
  /** Mappings that no golden speaks of. */
  untested: string[];
  /** With any, nothing was run. */
  problems: Problem[];
}

export interface GoldenFiles {
  goldens: readonly ProjectFile[];
  /** As they are written down in the project. */
  streams: readonly Stream[];
}

/**
 * Run the tests of mappings: no source, no database, no key. `only` is a stream or the path of a golden,
 * or the beginning of one.
 */
export function testGoldens(
  plan: MappingPlan,
  { goldens, streams }: GoldenFiles,
  only?: string,
): TestedGoldens {
  const { way: receivables } = receivablesOf(plan.project.document);
  const compiled = judgeStreams(plan, streams, new ReadableIds());
  const named = new Map(streams.map((stream) => [stream.name, stream]));
  const { mappings } = plan.project.files;
  const streamOf = new Map(mappings.map((file) => [file.path, streamIn(file)]));
  const problems = [...compiled.problems];
  const chosen: { golden: Golden; way: ReceivablesWay }[] = [];
  const ways = new Map(mappings.map((file) => [file.path, wayOf(file, receivables)]));
  const tested = new Set<string>();
  for (const file of goldens) {
    const mapping = mappingBeside(file.path);
    const stream = named.get(streamOf.get(mapping) ?? '');
    if (stream === undefined) problems.push(...alone(file, mapping, streamOf));
    else {
      tested.add(mapping);
      if (only !== undefined && stream.name !== only && !file.path.startsWith(only)) continue;
      const read = readGolden(file, stream, named);
      problems.push(...read.problems);
      chosen.push({ golden: read.golden, way: ways.get(mapping) ?? receivables });
    }
  }
  // What is only looked up, or folded into others, yields nothing that a golden could expect.
  const yields = ([path, stream = '']: readonly [string, string | undefined]): boolean => {
    const { lookup, foldedInto, resources } = compiled.mappings.get(stream) ?? {};
    const folded = foldedInto !== undefined && resources?.length === 0;
    return !tested.has(path) && lookup !== true && !folded;
  };
  const untested = [...streamOf].filter(yields).map(([path]) => path);
  if (problems.length > 0) return { results: [], untested, problems };
  const compiledUnder = new Map<ReceivablesWay, CompiledStreams>([[receivables, compiled]]);
  const results = chosen.map(({ golden, way }) => {
    const under = compiledUnder.get(way) ?? judgeStreams(plan, streams, new ReadableIds(), way);
    compiledUnder.set(way, under);
    return resultOf(golden, under, named);
  });
  return { results, untested, problems };
}

function resultOf(
  golden: Golden,
  { mappings, facts }: CompiledStreams,
  streams: ReadonlyMap<string, Stream>,
): GoldenResult {
  const { name } = golden.stream;
  const mapping = mappings.get(name);
  if (mapping === undefined) throw new RangeError('a sound mapping is not among the compiled');
  const made = makeGolden(golden, { mapping, facts: facts.get(name), streams });
  return { golden, ...made, differences: goldenDifferences(golden.expect ?? {}, made.found) };
}

/** The folder for goldens of the mapping of a stream, if it has one. */
export function goldenFolder(mappings: readonly ProjectFile[], stream: string): string | undefined {
  const file = mappings.find((one) => streamIn(one) === stream);
  return file?.path.replace(/\.yaml$/, '.test');
}

/** `mappings/clinic/pt_demog.test/died.yaml` tests `mappings/clinic/pt_demog.yaml`. */
function mappingBeside(golden: string): string {
  return golden.replace(/\.test[\\/][^\\/]+\.yaml$/, '.yaml');
}

function streamIn({ text }: ProjectFile): string | undefined {
  const { root } = readLocatedYaml(text);
  return root?.kind === 'map' ? textsIn(yamlEntry(root, 'stream'))[0] : undefined;
}

function alone(
  { path }: ProjectFile,
  mapping: string,
  mappings: ReadonlyMap<string, string | undefined>,
): Problem[] {
  // A mapping whose stream is not known has that problem already.
  if (mappings.has(mapping)) return [];
  const message = `no mapping is called "${mapping}"`;
  const suggestion = 'the folder NAME.test stands beside the mapping NAME.yaml';
  return [{ file: path, line: 1, column: 1, code: 'golden-without-mapping', message, suggestion }];
}
