import { ccdaFeed } from '../src/connectors/feeds/ccdaFeed.ts';
import type { FeedFormat, FeedPiece } from '../src/connectors/feeds/feedFormat.ts';
import { hl7v2Feed } from '../src/connectors/feeds/hl7v2Feed.ts';
import { x12Feed } from '../src/connectors/feeds/x12Feed.ts';
import { stableId, tokenOf } from '../src/keys/stableId.ts';
import { listExceptions } from '../src/ledger/exceptions.ts';
import { tablesOf } from '../src/sample/hospital.ts';
import { feedFiles } from '../src/sample/feeds/feedWriter.ts';
import type { FeedTruth } from '../src/sample/feeds/feed.ts';
import { shareTruths } from '../src/sample/shareWriter.ts';
import { keySeparator } from '../src/model/record.ts';
import type { Truth } from '../src/sample/table.ts';
import { createWorld } from '../src/sample/world.ts';
import { idToken } from '../src/run/idToken.ts';
import { testProject, type TestProject } from '../test/requirements/project.ts';
import { openWorkbench } from '../test/requirements/workbench.ts';

/** What a whole migration held, beside what was planted for it to hold. */
export interface PlantedFigures {
  planted: number;
  /** Held, for the reason that the truth gives. */
  caught: number;
  /** Loaded, or held for another reason. */
  missed: number;
  /** Of kinds that nothing built so far can see, and that did arrive. */
  deferred: number;
  /** Whatever was held or found without anything planted, in this hospital and in a clean one. */
  falseFindings: number;
  /** The missed, by class. */
  misses: { defect: string; table: string; key: string; heldAs: string }[];
  /** The false, by cause. */
  falseCauses: string[];
}

export interface PlantedOptions {
  /** 300 shows every class. */
  patients?: number | undefined;
  seed?: string | undefined;
}

type Planted = Truth & { table: string; defect: string };

/** Move a hospital with planted defects and a clean one, whole, and hold both against the truth. */
export async function measurePlanted(options: PlantedOptions = {}): Promise<PlantedFigures> {
  const { patients = 300, seed = '1' } = options;
  const spoilt = await moveHospital({ patients, seed, defects: 'planted' });
  const clean = await moveHospital({ patients, seed, defects: 'none' });
  const falseCauses = [...spoilt.unexplained, ...clean.unexplained];
  return {
    planted: spoilt.caught + spoilt.misses.length + spoilt.deferred,
    caught: spoilt.caught,
    missed: spoilt.misses.length,
    deferred: spoilt.deferred,
    falseFindings: falseCauses.length,
    misses: spoilt.misses,
    falseCauses,
  };
}

interface Wish {
  patients: number;
  seed: string;
  defects: 'planted' | 'none';
}

interface Outcome {
  caught: number;
  deferred: number;
  misses: PlantedFigures['misses'];
  unexplained: string[];
}

async function moveHospital(wish: Wish): Promise<Outcome> {
  const project = await testProject({ ...wish, tables: 'all', feeds: true });
  const bench = await openWorkbench(project.opened);
  try {
    const { run, state, code } = await bench.run();
    if (state !== 'finished') throw new Error(`the run ended as ${state} (${code})`);
    const filter = { kind: 'quarantined', standing: true } as const;
    const held = new Map<string, { code: string; where: string }>();
    for (const one of await listExceptions(bench.database, run, filter)) {
      const why = one.resolution?.code || one.code;
      const where = `${one.key.stream} ${why} at ${one.path}`;
      held.set(`${one.key.stream} ${one.token.toString('hex')}`, { code: why, where });
    }
    const outcome = judge(project, wish, held);
    await judgeFeeds(project, wish, held, outcome);
    const findings = await bench.findings(run);
    const found = findings.map(
      ({ type, code: what, path }) => `finding: ${what} at ${type} ${path}`,
    );
    return { ...outcome, unexplained: [...outcome.unexplained, ...found] };
  } finally {
    await bench.close();
    await project.close();
  }
}

/** Every planted record against what was held; `held` by stream and token. */
function judge(
  project: TestProject,
  wish: Wish,
  held: Map<string, { code: string; where: string }>,
): Outcome {
  const outcome: Outcome = { caught: 0, deferred: 0, misses: [], unexplained: [] };
  const { planted, types } = truthsOf(wish);
  for (const truth of planted) {
    const { table, key, defect } = truth;
    const stream = table === 'files' ? 'share.files' : `clinic.${table}`;
    const found = tokensOf(project, stream, key, types.get(table) ?? new Set())
      .map((token) => `${stream} ${token}`)
      .find((name) => held.has(name));
    const heldAs = found === undefined ? '' : (held.get(found)?.code ?? '');
    if (found !== undefined) held.delete(found);
    if (truth.outcome === 'arrives') {
      if (found === undefined) outcome.deferred++;
      else outcome.caught++;
    } else if (truth.outcome === 'quarantined' && heldAs === truth.reason) outcome.caught++;
    else outcome.misses.push({ defect, table, key, heldAs });
  }
  return outcome;
}

/** Messages that cannot be carried as they stand, against what was held. */
async function judgeFeeds(
  project: TestProject,
  wish: Wish,
  held: Map<string, { code: string; where: string }>,
  outcome: Outcome,
): Promise<void> {
  for (const { stream, key, truth } of await plantedPieces(wish)) {
    const { defect = '', reason } = truth;
    const [name] = tokensOf(project, stream, key, new Set()).map((token) => `${stream} ${token}`);
    const heldAs = held.get(name ?? '')?.code ?? '';
    held.delete(name ?? '');
    if (heldAs === reason) outcome.caught++;
    else outcome.misses.push({ defect, table: stream, key: truth.key, heldAs });
  }
  outcome.unexplained = [...held.values()].map(({ where }) => `held: ${where}`);
}

interface PlantedPiece {
  stream: string;
  key: string;
  truth: FeedTruth;
}

/** Message types that the project moves, and what else a file holds. */
const movedFeeds = new Set(['ADT', 'ORU', 'VXU', 'unreadable']);

interface Feed {
  format: FeedFormat;
  /** The source that reads it. */
  source: string;
  /** How many truths a piece has: a message one, a transaction one for each claim and payment. */
  isOne: boolean;
}

/** By folder. */
const feeds: Readonly<Record<string, Feed>> = {
  hl7v2: { format: hl7v2Feed, source: 'feeds', isOne: true },
  ccda: { format: ccdaFeed, source: 'documents', isOne: true },
  x12: { format: x12Feed, source: 'billing', isOne: false },
};

/** Planted messages that a run has to hold, by stream and key as a source gives them. */
async function plantedPieces(wish: Wish): Promise<PlantedPiece[]> {
  const planted: PlantedPiece[] = [];
  const world = createWorld({ ...wish, tables: 'all' });
  for (const { path, bytes, truths } of feedFiles(world, wish.defects)) {
    const [folder = '', ...below] = path.split('/');
    const { format, source, isOne } = feeds[folder] as Feed;
    const told = truths.values();
    for await (const piece of format.cut(chunksOf(bytes))) {
      const truth = isOne ? told.next().value : refusedOf(truths, piece);
      if (truth?.defect === undefined) continue;
      if (source === 'feeds' && !movedFeeds.has(piece.stream)) continue;
      const place = [below.join('/'), String(piece.offset)];
      const key = (piece.stream === 'unreadable' ? place : piece.key).join(keySeparator);
      planted.push({ stream: `${source}.${piece.stream}`, key, truth });
    }
  }
  return planted;
}

/** Of a transaction that is refused: a claim file names it by its number, a remittance by its trace. */
function refusedOf(truths: readonly FeedTruth[], { key, bytes }: FeedPiece): FeedTruth | undefined {
  return truths.find(
    (one) =>
      one.outcome === 'refused' && (key[3] === one.key || bytes.includes(`*${one.key}*`, 106)),
  );
}

async function* chunksOf(bytes: Buffer): AsyncGenerator<Buffer> {
  yield bytes;
}

/** Tokens under which a record, or a draft of it, stands in the ledger. */
function tokensOf(
  { key: projectKey }: TestProject,
  stream: string,
  key: string,
  types: ReadonlySet<string>,
): string[] {
  const tag = projectKey.tag(stream, key);
  const drafts = [...types].map((type) => idToken(stableId(tag, type)));
  return [tokenOf(tag), ...drafts].map((token) => token.toString('hex'));
}

/** What was planted, and which types the records of each table become. */
function truthsOf(wish: Wish): { planted: Planted[]; types: Map<string, Set<string>> } {
  const world = createWorld({ ...wish, tables: 'all' });
  const planted: Planted[] = [];
  const types = new Map<string, Set<string>>();
  for (const each of tablesOf('all')) {
    const { name: table } = each;
    const made = new Set<string>();
    types.set(table, made);
    for (const { truth } of each.rows(world)) {
      if (truth.outcome === 'arrives') made.add(truth.type);
      if ('defect' in truth && truth.defect !== undefined) {
        planted.push({ ...truth, table, defect: truth.defect });
      }
    }
  }
  for (const truth of shareTruths(world)) {
    if ('defect' in truth && truth.defect !== undefined) {
      planted.push({ ...truth, table: 'files', defect: truth.defect });
    }
  }
  return { planted, types };
}
