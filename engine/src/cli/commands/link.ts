import { readFile, writeFile } from 'node:fs/promises';
import { HandoverError, exitCodes, type ExitCode } from '../../base/errors.ts';
import type { Clustering } from '../../linkage/clusters.ts';
import { logOdds, matchWeight, type LinkageModel } from '../../linkage/model.ts';
import { evaluate } from '../../run/linkage/evaluate.ts';
import { explainRecords, type PairExplanation } from '../../run/linkage/explain.ts';
import { cluster, estimate, score } from '../../run/linkage/linkage.ts';
import { prepareLinkage, type Prepared, type TruthColumn } from '../../run/linkage/prepare.ts';
import { counted, table, type Output } from '../output.ts';

export interface LinkOptions {
  memory: number;
  threads: number;
  /** A model that was estimated before. */
  model?: string;
  out?: string;
  truth?: string;
}

/** `handover link estimate`: the model that the records give, without labels. */
export async function linkEstimateCommand(
  output: Output,
  files: readonly string[],
  options: LinkOptions,
): Promise<ExitCode> {
  return withRecords(files, options, async (prepared, model) => {
    if (options.out !== undefined) await writeNew(options.out, JSON.stringify(model, undefined, 2));
    const blocking = prepared.rules.map(({ label, pairs, skewed }) => ({
      rule: label,
      pairs,
      skewed,
    }));
    output.data({ ...model, blocking }, () => modelLines(prepared, model));
  });
}

/** `handover link run`: who is who; with `--out` a file of every record and its cluster. */
export async function linkRunCommand(
  output: Output,
  files: readonly string[],
  options: LinkOptions,
): Promise<ExitCode> {
  return withRecords(files, options, async (prepared, model) => {
    await score(prepared, model);
    const clustering = await cluster(prepared, model);
    if (options.out !== undefined)
      await writeNew(options.out, clusterLines(prepared, clustering.clusterOf));
    const figures = await figuresOf(prepared, model, clustering);
    output.data({ format: 'handover-linkage/1', ...figures }, () => figureLines(figures));
  });
}

/** `handover link evaluate`: who is who, held against a column that says the truth. */
export async function linkEvaluateCommand(
  output: Output,
  files: readonly string[],
  options: LinkOptions,
): Promise<ExitCode> {
  return withRecords(files, options, async (prepared, model) => {
    await score(prepared, model);
    const clustering = await cluster(prepared, model);
    const figures = {
      ...(await figuresOf(prepared, model, clustering)),
      ...(await evaluate(prepared, clustering)),
    };
    output.data({ format: 'handover-linkage/1', ...figures }, () => figureLines(figures));
  });
}

/** `handover link explain`: the waterfall of a pair, in levels and weights and without a value. */
export async function linkExplainCommand(
  output: Output,
  pair: readonly [string, string],
  files: readonly string[],
  options: LinkOptions,
): Promise<ExitCode> {
  return withRecords(files, options, async (prepared, model) => {
    const [left, right] = pair.map((name) => recordOf(name, prepared)).toSorted((a, b) => a - b);
    const found = await explainRecords(prepared, model, left ?? 0, right ?? 0);
    output.data({ format: 'handover-linkage-pair/1', ...found }, () => waterfallLines(found));
  });
}

/** The waterfall of a pair, for people. */
export function waterfallLines(found: PairExplanation): string[] {
  const rows = (bars: typeof found.bars): (string | number)[][] =>
    bars.map(({ name, level, weight }) => [name, level, weight.toFixed(2)]);
  return [
    ...table(['comparison', 'level', 'match weight'], rows(found.bars)),
    '',
    `${found.decision}: match weight ${found.weight.toFixed(2)}, probability ${found.probability.toPrecision(4)}`,
    found.blockedBy.length === 0
      ? 'No blocking rule makes this pair: it was never compared.'
      : `Made by: ${found.blockedBy.join('; ')}`,
    ...(found.missing.length === 0
      ? []
      : [
          '',
          'What was missing:',
          ...table(['comparison', 'level', 'more weight'], rows(found.missing)),
        ]),
  ];
}

/** Read the files, with the model that was named or one of their own, and let go of them again. */
export async function withRecords(
  files: readonly string[],
  options: LinkOptions,
  work: (prepared: Prepared, model: LinkageModel) => Promise<void>,
): Promise<ExitCode> {
  const prepared = await prepareLinkage(files, {
    memoryMiB: options.memory,
    threads: options.threads,
    ...(options.truth !== undefined && { truth: truthOf(options.truth) }),
  });
  try {
    await work(prepared, await modelOf(prepared, options.model));
    return exitCodes.ok;
  } finally {
    prepared.tables.close();
  }
}

/** `COLUMN` or `COLUMN:REGEX`, the regex with one group. */
function truthOf(text: string): TruthColumn {
  const at = text.indexOf(':');
  return at < 0 ? { column: text } : { column: text.slice(0, at), pattern: text.slice(at + 1) };
}

async function modelOf(prepared: Prepared, file: string | undefined): Promise<LinkageModel> {
  if (file === undefined) return estimate(prepared);
  const text = await readFile(file, 'utf8').catch(() => undefined);
  if (text === undefined) throw modelUnfit(`There is no file ${file}.`);
  const model = parsed(text);
  const names = prepared.comparisons.map(({ name, levels }) => `${name} ${levels.length}`);
  const own = model?.comparisons?.map(({ name, levels }) => `${name} ${levels.length}`) ?? [];
  if (model?.format === 'handover-linkage-model/1' && own.join() === names.join()) return model;
  throw modelUnfit(`${file} is no model of these records.`);
}

function modelUnfit(message: string): HandoverError {
  return new HandoverError('linkage-model', message, {
    exitCode: exitCodes.usage,
    next: 'Estimate one of files with the same columns: `handover link estimate FILE --out MODEL`.',
  });
}

function parsed(text: string): (Partial<LinkageModel> & LinkageModel) | undefined {
  try {
    return JSON.parse(text) as LinkageModel;
  } catch {
    return undefined;
  }
}

/** The number of a record from 0, of `17` or, in the second file, `2:17`; -1 where there is none. */
function recordOf(name: string, { sizes }: Prepared): number {
  const [, file = '1', record] = /^(?:([1-9]\d?):)?(\d{1,9})$/.exec(name) ?? [];
  const at = Number(file) - 1;
  const number = Number(record) - 1;
  const before = sizes.slice(0, at).reduce((sum, size) => sum + size, 0);
  return number >= 0 && number < (sizes[at] ?? 0) ? before + number : -1;
}

/** `17` or, in the second file, `2:17`. */
export function nameOf(record: number, sizes: readonly number[]): string {
  let [file, left] = [0, record];
  while (left >= (sizes[file] ?? Infinity)) left -= sizes[file++] ?? 0;
  return `${file + 1}:${left + 1}`;
}

/** A file that only its owner reads, and that was not there. @throws HandoverError `linkage-out`. */
export async function writeNew(file: string, text: string): Promise<void> {
  await writeFile(file, `${text}\n`, { flag: 'wx', mode: 0o600 }).catch(() => {
    throw new HandoverError('linkage-out', `${file} is there already, or cannot be written.`, {
      exitCode: exitCodes.usage,
      next: 'Name a file that does not exist yet.',
    });
  });
}

function clusterLines({ records, sizes }: Prepared, personOf: (record: number) => number): string {
  const place = (record: number): string => nameOf(record, sizes).replace(':', ',');
  const lines = Array.from({ length: records }, (_, at) => `${place(at)},${personOf(at) + 1}`);
  return ['file,record,cluster', ...lines].join('\n');
}

interface Figures {
  records: number;
  clusters: number;
  largest: number;
  /** Records beyond the first of their cluster, of all records: the duplicate rate of AHIMA. */
  duplicateRate: number;
  linkedPairs: number;
  reviewPairs: number;
}

async function figuresOf(
  { tables, records }: Prepared,
  { thresholds }: LinkageModel,
  { clusterOf, cut }: Clustering,
): Promise<Figures> {
  const sizes = new Map<number, number>();
  for (let at = 0; at < records; at++) {
    sizes.set(clusterOf(at), (sizes.get(clusterOf(at)) ?? 0) + 1);
  }
  const least = logOdds(thresholds.link);
  const [[linked, review] = []] = await tables.rows(
    `select count(*) filter (where weight >= ${least})::double, count(*) filter (where weight < ${least})::double from pairs`,
  );
  let largest = 0;
  for (const size of sizes.values()) largest = Math.max(largest, size);
  return {
    records,
    clusters: sizes.size,
    largest,
    duplicateRate: records === 0 ? 0 : (records - sizes.size) / records,
    linkedPairs: Number(linked) - cut.length,
    reviewPairs: Number(review) + cut.length,
  };
}

function figureLines(figures: object): string[] {
  return Object.entries(figures).map(([name, value]) => {
    const number = Number(value);
    return `${name.padEnd(16)} ${Number.isInteger(number) ? counted(number) : number.toFixed(4)}`;
  });
}

function modelLines({ inputs, rules }: Prepared, model: LinkageModel): string[] {
  const read = inputs.flatMap(({ file, recognised }) => [
    `${file}: ${recognised.map(({ column, role }) => `${column} as ${role}`).join(', ')}`,
  ]);
  const levels = model.comparisons.flatMap(({ name, levels: own }) =>
    own.map((level) => [
      name,
      level.label,
      level.m.toPrecision(3),
      level.u.toPrecision(3),
      matchWeight(level).toFixed(2),
    ]),
  );
  return [
    ...read,
    '',
    `two random records match with probability ${model.prior.toPrecision(3)}`,
    ...table(['comparison', 'level', 'm', 'u', 'match weight'], levels),
    '',
    ...table(
      ['blocking rule', 'pairs', 'skewed records'],
      rules.map((rule) => [rule.label, Math.round(rule.pairs), Math.round(rule.skewed)]),
    ),
  ];
}
