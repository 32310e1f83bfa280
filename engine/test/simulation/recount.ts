import { strict as assert } from 'node:assert';
import type { MemoryTarget } from '../../src/connectors/memory/target.ts';
import { draftBalances, recordBalances } from '../../src/ledger/balances.ts';
import { exceptionCauses } from '../../src/ledger/exceptions.ts';
import { findingCauses } from '../../src/ledger/findings.ts';
import type { TargetId } from '../../src/model/target.ts';
import type { Database } from '../../src/store/database.ts';
import type { ClinicRows, StreamName } from './clinic.ts';
import type { Expectation, ExpectedDraft } from './expectation.ts';

/** What a target holds: version and body by `Type/id`. */
export type Contents = ReadonlyMap<string, { version: number; body: string }>;

const signal = new AbortController().signal;

/** Everything there, through the target's own interface. */
export async function contentsOf(target: MemoryTarget): Promise<Contents> {
  const contents = new Map<string, { version: number; body: string }>();
  for await (const { resources } of target.scan(undefined, signal)) {
    const ids: readonly TargetId[] = resources;
    for (const stored of await target.fetch(ids, 'body')) {
      if (stored.state !== 'present') continue;
      const { type, id, version, body } = stored;
      contents.set(`${type}/${id}`, { version, body: body?.toString() ?? '' });
    }
  }
  return new Map([...contents].toSorted(([one], [other]) => (one < other ? -1 : 1)));
}

/**
 * In the middle of a run: nothing counts as read that the source does not have, and nothing as
 * loaded that the target does not hold.
 */
export async function recountCommit(
  database: Database,
  run: string,
  targets: ReadonlyMap<string, MemoryTarget>,
  rows: ClinicRows,
): Promise<void> {
  for (const { stream, read, waiting } of await recordBalances(database, run)) {
    const there = rows[stream.slice('clinic.'.length) as StreamName].length;
    assert.ok(read <= there, `${stream}: ${read} read of ${there}`);
    assert.ok(waiting <= read, `${stream}: ${waiting} waiting`);
  }
  const loaded = new Map<string, number>();
  for (const balance of await draftBalances(database, run)) {
    loaded.set(balance.target, (loaded.get(balance.target) ?? 0) + balance.loaded);
  }
  for (const [target, count] of loaded) {
    const held = (await contentsOf(targets.get(target) as MemoryTarget)).size;
    assert.ok(count <= held, `${target}: ${count} loaded, but it holds ${held}`);
  }
}

export interface Finished {
  database: Database;
  run: string;
  targets: ReadonlyMap<string, MemoryTarget>;
  expectation: Expectation;
  initial: ReadonlyMap<string, Contents>;
  /** `Type/id` of what stood at the targets before the run. */
  before: readonly string[];
  /** Nothing struck, and nothing was mapped again: each draft was sent in a first attempt. */
  undisturbed: boolean;
}

/** At the end: source = target + exceptions by reason, and the target is exactly what it must be. */
export async function checkFinished(finished: Finished): Promise<void> {
  await checkRecords(finished);
  await checkDrafts(finished);
  for (const [name, target] of finished.targets) {
    const drafts = finished.expectation.drafts.get(name) ?? [];
    checkContents(name, await contentsOf(target), drafts, finished.initial.get(name));
  }
  await checkFindings(finished);
  await checkRecorded(finished);
}

/** What was read, and what was about to be written, is on record once, whatever happened on the way. */
async function checkRecorded({ database, run }: Finished): Promise<void> {
  const differing = (made: string, recorded: string): Promise<{ rows: object[] }> =>
    database.query(
      `with made as (${made}), recorded as (${recorded})
       (select 'missing', * from (select * from made except all select * from recorded) m)
       union all
       (select 'doubled', * from (select * from recorded except all select * from made) d)`,
      [run],
    );
  const place = 'b.system, e.resource_type, b.slice, b.number, b.count, e.place is not null';
  const recorded = (actions: string, also = ''): string =>
    `select ${place} ${also} from audit.batch b join audit.event e using (event)
      where b.run = $1::text and e.action in (${actions})`;
  const intended = await differing(
    `select target, stream, slice, number, writes::int, true from handover.intent
      where run = $1::uuid and writes > 0`,
    recorded(`'load', 'delete'`),
  );
  assert.deepEqual(intended.rows, []);
  const read = await differing(
    `select 'clinic', stream, slice, number, (counts ->> 'read')::int, true, encode(root, 'hex')
       from handover.batch where run = $1::uuid and phase = 'extract' and slice ~ '^[0-9]'
        and (counts ->> 'read')::int > 0`,
    recorded(`'extract'`, `, encode(b.root, 'hex')`),
  );
  // A stream that was begun again was read again: its first batches stay on record.
  assert.deepEqual(
    read.rows.filter((row) => Object.values(row)[0] === 'missing'),
    [],
  );
}

async function checkRecords({ database, run, expectation }: Finished): Promise<void> {
  const balances = await recordBalances(database, run);
  const causes = await exceptionCauses(database, run);
  for (const [stream, expected] of expectation.records) {
    const balance = balances.find((one) => one.stream === `clinic.${stream}`);
    assert.ok(balance, stream);
    const { quarantined, ...counts } = expected;
    const held = [...quarantined.values()].reduce((sum, count) => sum + count, 0);
    const name = `clinic.${stream}`;
    assert.deepEqual(
      { ...balance },
      { stream: name, ...counts, quarantined: held, waiting: 0 },
      `records of ${stream}`,
    );
    const reasons = causes.filter((one) => one.stream === name && one.phase === 'map');
    const byReason = sumBy(reasons, ({ kind, code }) => (kind === 'excluded' ? kind : code));
    const wanted = new Map([
      ...quarantined,
      ...(counts.excluded ? [['excluded', counts.excluded] as const] : []),
    ]);
    assert.deepEqual(sorted(byReason), sorted(wanted), `reasons of ${stream}`);
  }
}

async function checkDrafts(finished: Finished): Promise<void> {
  const { database, run, expectation, initial, undisturbed } = finished;
  const balances = await draftBalances(database, run);
  const causes = await exceptionCauses(database, run);
  for (const [target, drafts] of expectation.drafts) {
    for (const stream of expectation.records.keys()) {
      const name = `clinic.${stream}`;
      const own = Map.groupBy(
        drafts.filter((draft) => draft.stream === stream),
        ({ fate }) => fate,
      );
      const count = (fate: ExpectedDraft['fate']): number => own.get(fate)?.length ?? 0;
      // A later attempt, or a later round, asks before it sends, and finds what stands there.
      const found = (own.get('refused') ?? []).filter(
        (draft) => !undisturbed && stood(initial.get(target), draft),
      ).length;
      const balance = balances.find((one) => one.stream === name && one.target === target);
      assert.ok(balance);
      const reasons = sumBy(
        causes.filter(
          (one) => one.stream === name && one.phase === 'load' && one.target === target,
        ),
        ({ code }) => code,
      );
      const refused = reasons.get('business-rule') ?? 0;
      const unresolved = reasons.get('reference-unresolved') ?? 0;
      const held = count('held') + refused + unresolved;
      const place = `drafts of ${stream} for ${target}`;
      const total = [...own.values()].reduce((sum, { length }) => sum + length, 0);
      assert.equal(balance.waiting, 0, `${place}: waiting`);
      const gone = balance.superseded + balance.removed;
      assert.equal(balance.drafted - gone, total, `${place}: drafted`);
      assert.equal(balance.quarantined, held, `${place}: quarantined`);
      assert.equal(balance.loaded, total - held, `${place}: loaded`);
      const sent = count('refused') - found;
      within(refused, sent, found + count('refused or unresolved'), `${place}: refused`);
      const perhaps = count('refused or unresolved') + count('loaded or unresolved');
      within(unresolved, count('reference-unresolved'), perhaps, `${place}: unresolved`);
    }
  }
}

/** Whether a draft's resource stood at the target before the run, in the very same form. */
function stood(initial: Contents | undefined, { name, body }: ExpectedDraft): boolean {
  return initial?.get(name)?.body === body;
}

function within(actual: number, certain: number, perhaps: number, place: string): void {
  assert.ok(actual >= certain && actual <= certain + perhaps, `${place}: ${actual} of ${certain}`);
}

function sumBy<T extends { count: number }>(
  rows: readonly T[],
  name: (row: T) => string,
): Map<string, number> {
  const sums = new Map<string, number>();
  for (const row of rows) sums.set(name(row), (sums.get(name(row)) ?? 0) + row.count);
  return sums;
}

const sorted = (entries: ReadonlyMap<string, unknown>): unknown =>
  [...entries].toSorted(([one], [other]) => (one < other ? -1 : 1));

function checkContents(
  name: string,
  contents: Contents,
  drafts: readonly ExpectedDraft[],
  initial: Contents | undefined,
): void {
  const wanted = new Map([...(initial ?? [])].map(([id, { body }]) => [id, body]));
  for (const { name: id, body, fate } of drafts) {
    const loaded = fate === 'loaded or unresolved' && contents.get(id)?.body === body;
    if (fate === 'loaded' || loaded) wanted.set(id, body);
  }
  const held = new Map([...contents].map(([id, { body }]) => [id, body]));
  assert.deepEqual(sorted(held), sorted(wanted), `contents of ${name}`);
}

/**
 * A run that was not tampered with has no findings, but for what others had put there before it, and
 * for each resource that a refusal in a circle of references has left without its referent.
 */
async function checkFindings(finished: Finished): Promise<void> {
  const { database, run, before, targets, expectation } = finished;
  const missing = new Map<string, number>();
  const others = (await findingCauses(database, run)).filter((cause) => {
    const { target, kind, type, code, samples, count } = cause;
    if (code === 'referent-missing') missing.set(target, (missing.get(target) ?? 0) + count);
    const there = samples.every((id) => before.includes(`${type}/${id}`));
    const foreign = kind === 'extra' && there;
    return !foreign && code !== 'referent-missing';
  });
  assert.deepEqual(others, [], 'findings');
  for (const [name, target] of targets) {
    const contents = await contentsOf(target);
    const dangling = (expectation.drafts.get(name) ?? []).filter(
      (draft) =>
        (draft.fate === 'loaded or unresolved' || draft.fate === 'refused or unresolved') &&
        contents.get(draft.name)?.body === draft.body &&
        draft.references.some((one) => !contents.has(one)),
    );
    // What stood there before in the very same form stands there too when its draft was held.
    const initial = finished.initial.get(name);
    const perhaps = dangling.filter((one) => stood(initial, one)).length;
    const place = `missing referents at ${name}`;
    within(missing.get(name) ?? 0, dangling.length - perhaps, perhaps, place);
  }
}
