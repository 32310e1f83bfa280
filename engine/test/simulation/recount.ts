import { strict as assert } from 'node:assert';
import type { MemoryTarget } from '../../src/connectors/memory/target.ts';
import { draftBalances, recordBalances } from '../../src/ledger/balances.ts';
import { exceptionCauses } from '../../src/ledger/exceptions.ts';
import { findingCauses } from '../../src/ledger/findings.ts';
import type { TargetId } from '../../src/model/target.ts';
import type { Database } from '../../src/store/database.ts';
import type { ClinicRows, StreamName } from './clinic.ts';
import { movedStreams, type Expectation, type ExpectedDraft } from './expectation.ts';

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
  return new Map([...contents].sort(([one], [other]) => (one < other ? -1 : 1)));
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
}

async function checkRecords({ database, run, expectation }: Finished): Promise<void> {
  const balances = await recordBalances(database, run);
  const causes = await exceptionCauses(database, run);
  for (const stream of movedStreams) {
    const expected = expectation.records.get(stream);
    const balance = balances.find((one) => one.stream === `clinic.${stream}`);
    assert.ok(expected && balance, stream);
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
    if (counts.excluded > 0) quarantined.size;
    const wanted = new Map([
      ...quarantined,
      ...(counts.excluded ? [['excluded', counts.excluded] as const] : []),
    ]);
    assert.deepEqual(sorted(byReason), sorted(wanted), `reasons of ${stream}`);
  }
}

async function checkDrafts({ database, run, expectation }: Finished): Promise<void> {
  const balances = await draftBalances(database, run);
  const causes = await exceptionCauses(database, run);
  for (const [target, drafts] of expectation.drafts) {
    for (const stream of movedStreams) {
      const name = `clinic.${stream}`;
      const own = drafts.filter((draft) => draft.stream === stream);
      const balance = balances.find((one) => one.stream === name && one.target === target);
      assert.ok(balance);
      const loaded = own.filter(({ fate }) => fate === 'loaded').length;
      const standing = balance.drafted - balance.superseded;
      const place = `drafts of ${stream} for ${target}`;
      assert.equal(standing, own.length, `${place}: drafted`);
      assert.equal(balance.waiting, 0, `${place}: waiting`);
      assert.equal(balance.loaded, loaded, `${place}: loaded`);
      assert.equal(balance.quarantined, own.length - loaded, `${place}: quarantined`);
      const reasons = causes.filter(
        (one) => one.stream === name && one.phase === 'load' && one.target === target,
      );
      assert.deepEqual(
        sorted(sumBy(reasons, ({ code }) => code)),
        sorted(
          countsOf(own.filter(({ fate }) => fate === 'refused' || fate === 'reference-unresolved')),
        ),
        `${place}: reasons`,
      );
    }
  }
}

function countsOf(drafts: readonly ExpectedDraft[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { fate } of drafts) {
    const code = fate === 'refused' ? 'business-rule' : fate;
    counts.set(code, (counts.get(code) ?? 0) + 1);
  }
  return counts;
}

function sumBy<T extends { count: number }>(
  rows: readonly T[],
  name: (row: T) => string,
): Map<string, number> {
  const sums = new Map<string, number>();
  for (const row of rows) sums.set(name(row), (sums.get(name(row)) ?? 0) + row.count);
  return sums;
}

const sorted = (counts: ReadonlyMap<string, number>): unknown => [...counts].sort();

function checkContents(
  name: string,
  contents: Contents,
  drafts: readonly ExpectedDraft[],
  initial: Contents | undefined,
): void {
  const wanted = new Map([...(initial ?? [])].map(([id, { body }]) => [id, body]));
  for (const { name: id, body, fate } of drafts) if (fate === 'loaded') wanted.set(id, body);
  const held = new Map([...contents].map(([id, { body }]) => [id, body]));
  assert.deepEqual(sortedText(held), sortedText(wanted), `contents of ${name}`);
}

const sortedText = (texts: ReadonlyMap<string, string>): unknown => [...texts].sort();

/** A run that was not tampered with has no finding, but for what others put there before it. */
async function checkFindings({ database, run, before }: Finished): Promise<void> {
  const findings = (await findingCauses(database, run)).filter(
    ({ verifier, kind, type, samples }) =>
      !(
        verifier === 'scan' &&
        kind === 'extra' &&
        samples.every((id) => before.includes(`${type}/${id}`))
      ),
  );
  assert.deepEqual(findings, [], 'findings');
}
