import assert from 'node:assert/strict';
import { draftBalances } from '../../src/ledger/balances.ts';
import type { Workbench } from './workbench.ts';

/**
 * Nothing differs, waits or is held, and the drafts of every stream are accounted for.
 * @returns how many drafts were merged, of the streams that are asked for.
 */
export async function requireGreen(
  bench: Workbench,
  run: string,
  asked: (stream: string) => boolean = () => true,
): Promise<number> {
  assert.deepEqual(await bench.findings(run), []);
  let all = 0;
  for (const { stream, target, waiting, quarantined, ...counts } of await draftBalances(
    bench.database,
    run,
  )) {
    const { drafted, loaded, merged, superseded, removed, excluded } = counts;
    const accounted = loaded + merged + superseded + removed + quarantined + excluded + waiting;
    assert.equal(drafted, accounted, `${stream} at ${target} balances`);
    assert.equal(waiting + quarantined, 0, `${stream} at ${target}`);
    if (asked(stream)) all += merged;
  }
  return all;
}
