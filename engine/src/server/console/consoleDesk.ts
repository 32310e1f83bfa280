import type {
  DifferenceItem,
  HeldItem,
  ItemPage,
  LiveRun,
  RunLine,
  RunList,
} from '../../contract/console.ts';
import type { ProjectKey } from '../../keys/projectKey.ts';
import { findRun, listRuns, type Run } from '../../ledger/runs.ts';
import { foundItems, workItems, type FoundItem, type WorkItem } from '../../ledger/worklist.ts';
import { phases } from '../../model/phase.ts';
import { liveRun } from '../../run/liveRun.ts';
import type { ProjectText } from '../../run/plan/read.ts';
import { renderReport } from '../../run/report/html.ts';
import { readRevision } from '../../run/revision.ts';
import type { Database } from '../../store/database.ts';

/** What is asked of a list: a cause as the report groups it, and where to go on. */
export type ItemQuery = ReadonlyMap<string, string>;

export const itemsAPage = 200;

/** Answers the console's questions from the ledger alone. */
export class ConsoleDesk {
  readonly #database: Database;
  readonly #key: ProjectKey;
  readonly #project: string;
  readonly #plans = new Map<string, ProjectText>();

  constructor(database: Database, key: ProjectKey, project: string) {
    this.#database = database;
    this.#key = key;
    this.#project = project;
  }

  async runs(): Promise<RunList> {
    const runs = await listRuns(this.#database);
    return { format: 'handover-console-runs/1', project: this.#project, runs: runs.map(runLine) };
  }

  /** Targets of the newest run's plan, by name. */
  async targets(): Promise<readonly string[]> {
    const [run] = await listRuns(this.#database);
    return run === undefined ? [] : Object.keys((await this.#plan(run)).document.targets);
  }

  /** Undefined: there is no such run. */
  live(id: string): Promise<LiveRun | undefined> {
    return this.#database.read(async (snapshot) => {
      const run = await findRun(snapshot, id);
      return run && liveRun(snapshot, run, await this.#plan(run));
    });
  }

  async reportPage(id: string): Promise<string | undefined> {
    const live = await this.live(id);
    return live && renderReport(live.report);
  }

  async held(run: string, query: ItemQuery): Promise<ItemPage<HeldItem>> {
    const kind = query.get('kind') === 'excluded' ? 'excluded' : 'quarantined';
    const phase = phases.find((one) => one === query.get('phase')) ?? 'map';
    const cause = { ...causeOf(query), kind, phase } as const;
    return pageOf(await workItems(this.#database, run, cause), heldItem);
  }

  async differences(run: string, query: ItemQuery): Promise<ItemPage<DifferenceItem>> {
    const [verifier, kind, type] = ['verifier', 'kind', 'type'].map((name) => word(query, name));
    const cause = { ...causeOf(query), verifier: verifier!, kind: kind!, type: type! };
    return pageOf(await foundItems(this.#database, run, cause), differenceItem);
  }

  /** The plan a run is pinned to never changes, so it is unsealed once. */
  async #plan({ revision }: Run): Promise<ProjectText> {
    const known = this.#plans.get(revision);
    if (known !== undefined) return known;
    const text = await readRevision(this.#database, this.#key, revision);
    this.#plans.set(revision, text);
    return text;
  }
}

function word(query: ItemQuery, name: string): string {
  return query.get(name) ?? '';
}

function causeOf(query: ItemQuery) {
  const after = word(query, 'after');
  return {
    stream: word(query, 'stream'),
    target: word(query, 'target'),
    code: word(query, 'code'),
    path: word(query, 'path'),
    after: /^\d{1,18}$/.test(after) ? after : '0',
    limit: itemsAPage + 1,
  };
}

/** One row more than a page was asked for: it tells that there is a next one. */
function pageOf<Row extends { id: string }, Item>(
  rows: readonly Row[],
  toItem: (row: Row) => Item,
): ItemPage<Item> {
  const shown = rows.slice(0, itemsAPage);
  const last = rows.length > itemsAPage ? shown.at(-1) : undefined;
  return {
    format: 'handover-console-items/1',
    items: shown.map(toItem),
    ...(last !== undefined && { next: last.id }),
  };
}

function runLine({ id, state, code, strategy, startedAt, endedAt }: Run): RunLine {
  return {
    id,
    state,
    ...(code !== undefined && { code }),
    strategy,
    startedAt,
    ...(endedAt !== undefined && { endedAt }),
  };
}

function heldItem({ number, token, digest, ...item }: WorkItem): HeldItem {
  return {
    ...item,
    batch: number,
    token: token.toString('hex'),
    ...(digest !== null && { digest: digest.toString('hex') }),
  };
}

function differenceItem({ number, digest, ...item }: FoundItem): DifferenceItem {
  return { ...item, batch: number, ...(digest !== null && { digest: digest.toString('hex') }) };
}
