import assert from 'node:assert/strict';
import { after, before, describe, it, type TestContext } from 'node:test';
import { systemRandom } from '../../src/base/random.ts';
import { Campaign } from './campaign.ts';
import type { TrialResult } from './trial.ts';

/** A tenth of what `measure crash` does, another tenth each time; a failure names its seed. */
describe('R02 crash anywhere', () => {
  const seed = process.env['HANDOVER_CRASH_SEED'] ?? systemRandom.bytes(4).toString('hex');
  let campaign: Campaign;

  before(async () => {
    campaign = await Campaign.open({ seed });
  });
  after(() => campaign.close());

  const judge = (context: TestContext, results: readonly TrialResult[]): void => {
    const kills = results.reduce((sum, result) => sum + result.kills, 0);
    context.diagnostic(`seed ${seed}: ${results.length} runs broken, ${kills} processes killed`);
    const failed = results.filter(({ problems }) => problems.length > 0);
    const lines = failed.map(({ name, problems }) => `${name}: ${problems.slice(0, 5).join('; ')}`);
    assert.deepEqual(lines, [], `HANDOVER_CRASH_SEED=${seed} breaks these runs again`);
  };

  it('R02 a run killed before and after durable operations, and again in its recovery, ends as an unbroken one', async (context) => {
    context.diagnostic(`${campaign.unbroken.operations.length} durable operations`);
    judge(context, await campaign.points(0.1));
  });

  it('R02 changed mappings whose applying is killed before and after durable operations end as unbroken', async (context) => {
    judge(context, await campaign.remaps(0.02));
  });

  it('R02 a run killed at random instants ends as an unbroken one', async (context) => {
    judge(context, await campaign.randomKills(12));
  });

  it('R02 the first run of a project, killed while its tables are made, ends as an unbroken one', async (context) => {
    judge(context, await campaign.killsFromNothing(3));
  });

  it('R02 a run into a FHIR server that gives ids, killed before and after durable operations, ends as an unbroken one', async (context) => {
    judge(context, await campaign.fhirServer(0.01));
  });

  it('R02 a run under which PostgreSQL is killed ends as an unbroken one', async (context) => {
    judge(context, await campaign.serverLosses(3));
  });

  it('R02 a run on a machine that sleeps and wakes goes on by itself and ends as an unbroken one', async (context) => {
    judge(context, await campaign.sleeps());
  });

  it('R02 a worker that was stopped and revived can commit nothing', async (context) => {
    judge(context, await campaign.stoppedWorkers(true));
  });
});
