import { readLocatedYaml, textsIn, yamlEntry } from '../../base/locatedYaml.ts';
import { receivablesWays, type ReceivablesWay } from '../../mapping/shape.ts';
import type { Problem } from '../../model/problem.ts';
import type { ProjectFile, ProjectText } from './read.ts';
import type { PlanDocument } from './schema.ts';

/** The mapping files of a project under one way of dealing with receivables. */
export interface FilesUnder {
  /** Those that hold: of every stream at most one, unless somebody made a mistake. */
  moving: ProjectFile[];
  /** Of each stream whose records stay behind, the first file, which says what they would become. */
  staying: StayingFile[];
}

export interface StayingFile {
  stream: string;
  /** A way under which they would not stay. */
  otherwise: ReceivablesWay;
}

/** The way of a plan, with who decided it where it says so. */
export interface Receivables {
  way: ReceivablesWay;
  owner: string;
  approver: string;
}

export function receivablesOf({ receivables }: Pick<PlanDocument, 'receivables'>): Receivables {
  if (typeof receivables !== 'string') return receivables;
  return { way: receivables, owner: '', approver: '' };
}

interface WaysOf {
  stream: string;
  ways: readonly ReceivablesWay[];
}

/** What holds under one way: files that name it, and those that name none. */
export function filesUnder(files: readonly ProjectFile[], way: ReceivablesWay): FilesUnder {
  const declared = new Map(files.map((file) => [file, waysOf(file)]));
  const moving = files.filter((file) => declared.get(file)?.ways.includes(way) ?? true);
  const moved = new Set(moving.flatMap((file) => declared.get(file)?.stream ?? []));
  const staying = new Map<string, StayingFile>();
  for (const { stream, ways } of [...declared.values()].filter((one) => one !== undefined)) {
    const [otherwise] = ways;
    if (moved.has(stream) || staying.has(stream) || otherwise === undefined) continue;
    staying.set(stream, { stream, otherwise });
  }
  return { moving, staying: [...staying.values()] };
}

/** The ways that mappings name, that of the plan first. */
export function waysInUse(files: readonly ProjectFile[], chosen: ReceivablesWay): ReceivablesWay[] {
  return [...new Set([chosen, ...files.flatMap((file) => waysOf(file)?.ways ?? [])])];
}

/** The way that a mapping file is for: that of the plan, where it is for several or for all. */
export function wayOf(file: ProjectFile, chosen: ReceivablesWay): ReceivablesWay {
  const ways = waysOf(file)?.ways ?? [];
  return ways.includes(chosen) ? chosen : (ways[0] ?? chosen);
}

/** Undefined where the file says nothing of receivables; what is wrong in it is told by its compiler. */
function waysOf({ text }: ProjectFile): WaysOf | undefined {
  if (!/^receivables:/m.test(text)) return undefined;
  const { root } = readLocatedYaml(text);
  if (root?.kind !== 'map') return undefined;
  const [stream] = textsIn(yamlEntry(root, 'stream'));
  const written = textsIn(yamlEntry(root, 'receivables'));
  const ways = receivablesWays.filter((way) => written.includes(way));
  return stream === undefined || ways.length === 0 ? undefined : { stream, ways };
}

/** Of a plan that does not convert: that nothing of its mappings obeys it, or not all of the money. */
export function receivablesProblems(project: ProjectText): Problem[] {
  const { trialBalance } = project.document;
  const { way: receivables } = receivablesOf(project.document);
  if (receivables === 'convert') return [];
  const declared = project.files.mappings.flatMap((file) => waysOf(file) ?? []);
  const told = (path: (string | number)[], message: string, suggestion: string): Problem => ({
    file: 'handover.yaml',
    ...project.place(path),
    code: 'receivables-undeclared',
    message,
    suggestion,
  });
  const carried = declared.some(({ ways }) => ways.includes('balance-forward'));
  if (receivables === 'balance-forward' && !carried) {
    const message = 'no mapping makes the balances that are carried forward';
    const fix = 'receivables: balance-forward in the mapping that does';
    return [told(['receivables'], message, fix)];
  }
  const { charges, settlements = [] } = trialBalance ?? {};
  const money = [
    ...(charges ? [{ stream: charges.stream, path: ['trialBalance', 'charges', 'stream'] }] : []),
    ...settlements.map(({ stream }, at) => ({
      stream,
      path: ['trialBalance', 'settlements', at, 'stream'],
    })),
  ];
  if (declared.length === 0 && money.length === 0) {
    const message = `no mapping says what is left out under "${receivables}"`;
    return [told(['receivables'], message, 'receivables: convert in mappings of charges')];
  }
  return money
    .filter(({ stream }) => !declared.some((one) => one.stream === stream))
    .map(({ stream, path }) => {
      const message = `"${stream}" moves whatever the plan says of receivables`;
      return told(path, message, `receivables: convert in the mapping of ${stream}`);
    });
}
