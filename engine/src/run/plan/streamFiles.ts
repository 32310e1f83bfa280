import { stringify } from 'yaml';
import { z } from 'zod';
import type { Problem } from '../../model/problem.ts';
import type { Stream } from '../../model/stream.ts';
import { filesBelow, type ProjectFile, type ProjectText } from './read.ts';
import { judgeYaml } from './shape.ts';

/** Where a project keeps what its sources look like: one file for each source. */
export const streamFolder = 'streams';

const column = z.strictObject({
  type: z
    .enum([
      ...(['text', 'integer', 'decimal', 'boolean', 'date', 'time', 'instant'] as const),
      ...(['localDateTime', 'binary'] as const),
    ])
    .describe('What expressions take the column for.'),
  as: z.string().optional().describe("The source's own name for the type; the same if left out."),
  nullable: z.boolean().default(true).describe('Whether it may hold NULL.'),
  problem: z
    .literal(true)
    .optional()
    .describe('A value in it says why the record cannot be used, and holds it.'),
});

const streamShape = z.strictObject({
  key: z
    .union([z.string(), z.array(z.string())])
    .default([])
    .describe('Columns that identify a record; left out for a stream without a key.'),
  columns: z
    .record(z.string(), column)
    .describe('Columns in the order in which records have them.'),
});

/**
 * `streams/SOURCE.yaml`: tables, columns, types and keys of a source, and no value of it. With it
 * mappings are checked, tested and documented where the source is not at hand.
 */
export const streamFileSchema = z
  .record(z.string(), streamShape)
  .describe('The streams of one source, by the names the source itself uses.');

/** What is written down of the streams of a project's sources. */
export interface WrittenStreams {
  streams: Stream[];
  /** Sources of the plan of which nothing is written down. */
  missing: string[];
  problems: Problem[];
}

/** Read `streams/` of a project folder; files of sources that the plan does not name stay unread. */
export async function readStreamFiles(
  folder: string,
  { document }: ProjectText,
): Promise<WrittenStreams> {
  const sources = Object.keys(document.sources);
  const files = await filesBelow(folder, streamFolder, (name) => name.endsWith('.yaml'));
  const streams: Stream[] = [];
  const problems: Problem[] = [];
  const missing: string[] = [];
  for (const source of sources) {
    const path = `${streamFolder}/${source}.yaml`;
    const file = files.find((one) => one.path === path);
    if (file === undefined) missing.push(source);
    else {
      const read = readStreamFile(source, file);
      streams.push(...read.streams);
      problems.push(...read.problems);
    }
  }
  return { streams, missing, problems };
}

/** The streams of one file, under their names in a run (`clinic.pt_demog`). */
export function readStreamFile(
  source: string,
  { path, text }: ProjectFile,
): { streams: Stream[]; problems: Problem[] } {
  const { value, rest = {}, problems, place } = judgeYaml(path, text, streamFileSchema);
  const streams = Object.entries(value ?? rest).map(([name, { key, columns }]): Stream => ({
    name: `${source}.${name}`,
    key: typeof key === 'string' ? [key] : key,
    columns: Object.entries(columns).map(([own, { type, as, nullable, problem }]) => ({
      name: own,
      type,
      sourceType: as ?? type,
      nullable,
      ...(problem && { problem }),
    })),
  }));
  for (const { name, key, columns } of streams) {
    const own = name.slice(source.length + 1);
    for (const part of key) {
      if (columns.some((one) => one.name === part)) continue;
      const at = place([own, 'key']);
      const message = `"${part}" is in the key and no column.`;
      problems.push({ file: path, ...at, code: 'column-unknown', message, suggestion: rewrite });
    }
  }
  return { streams, problems };
}

const rewrite = 'write the file anew from the source: `handover map describe`';

/** The file for a source, from its streams under their own names. */
export function streamFileText(source: string, streams: readonly Stream[]): string {
  const sorted = streams.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const written = sorted.map((stream) => `\n${streamText(stream)}`).join('');
  return `# What ${source} holds: its streams with their columns, types and keys; no value of it.
# Written by \`handover map describe\`: mappings are checked, tested and documented by it.
${written === '' ? '{}\n' : written}`;
}

function streamText({ name, key, columns }: Stream): string {
  const lines = columns.map((one) => {
    const own = one.sourceType === one.type ? '' : `, as: ${inFlow(one.sourceType)}`;
    const never = one.nullable ? '' : ', nullable: false';
    const states = one.problem === true ? ', problem: true' : '';
    return `    ${inFlow(one.name)}: { type: ${one.type}${own}${never}${states} }\n`;
  });
  const keyed = key.length === 0 ? '' : `  key: [${key.map(inFlow).join(', ')}]\n`;
  return `${inFlow(name)}:\n${keyed}  columns:\n${lines.join('')}`;
}

/** A text as it can stand inside `{ }`. */
function inFlow(text: string): string {
  return stringify([text], { collectionStyle: 'flow', lineWidth: 0, singleQuote: true })
    .trim()
    .slice(1, -1)
    .trim();
}
