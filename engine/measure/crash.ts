import { systemRandom } from '../src/base/random.ts';
import { Campaign } from '../test/crash/campaign.ts';
import type { TrialResult } from '../test/crash/trial.ts';

export interface CrashOptions {
  /** Any text; random when absent. The same seed breaks the same runs at the same places. */
  seed?: string | undefined;
  /** Of the points, and of the other trials, how many are taken: 1 is all. */
  share?: number;
  /** Told how far it is, about every ten seconds. */
  say?: (line: string) => void;
}

export interface CrashMeasure {
  seed: string;
  /** Durable operations of the run; before and after each it was killed. */
  operations: number;
  points: number;
  /** Runs killed at random instants, of which PostgreSQL was killed under so many. */
  random: number;
  serverLosses: number;
  /** Runs into a FHIR server that gives its own ids, killed before and after durable operations. */
  fhirServer: number;
  /** Runs whose worker was stopped, replaced, and revived. */
  stopped: number;
  /** Processes killed in all, recoveries among them. */
  kills: number;
  /** Runs whose outcome was not that of the unbroken run. */
  failed: number;
  seconds: number;
  misses: { cause: string; trial: string; problems: number }[];
}

const randomKills = 200;
const serverLosses = 30;
const fromNothing = 20;
const fhirShare = 0.1;
const stoppings = 3;
const tellEveryMs = 10_000;

/** R02: kill a small run wherever it can die, let it recover, and compare with the unbroken run. */
export async function measureCrash(options: CrashOptions = {}): Promise<CrashMeasure> {
  const { share = 1, say = () => undefined } = options;
  const seed = options.seed ?? systemRandom.bytes(4).toString('hex');
  const started = performance.now();
  const all: TrialResult[] = [];
  const failures: TrialResult[] = [];
  const tell = (result: TrialResult): void => {
    all.push(result);
    if (result.problems.length === 0) return;
    failures.push(result);
    say(`${result.name}: ${result.problems.slice(0, 3).join('; ')}`);
  };
  say(`seed ${seed}`);
  const campaign = await Campaign.open({ seed, tell });
  const part = (count: number): number => Math.ceil(count * share);
  const opened = performance.now();
  const planned = plannedTrials(campaign.unbroken.operations.length * share, part);
  const telling = setInterval(() => {
    const eachMs = (performance.now() - opened) / Math.max(all.length, 1);
    const left = Math.ceil((Math.max(planned - all.length, 0) * eachMs) / 60_000);
    const broken = `${all.length} of about ${planned} runs broken, ${failures.length} failed`;
    say(`${broken}, about ${left} min left`);
  }, tellEveryMs);
  try {
    // A worker that is stopped is waited for: most of the time nothing happens in that lane.
    const stopping = campaign.stoppedWorkers(share < 1);
    stopping.catch(() => undefined);
    const points = await campaign.points(share);
    const random = await campaign.randomKills(part(randomKills - serverLosses - fromNothing));
    const virgin = await campaign.killsFromNothing(part(fromNothing));
    const losses = await campaign.serverLosses(part(serverLosses));
    const fhirServer = await campaign.fhirServer(fhirShare * share);
    return {
      seed,
      operations: campaign.unbroken.operations.length,
      points: points.length,
      random: random.length + virgin.length + losses.length,
      serverLosses: losses.length,
      fhirServer: fhirServer.length,
      stopped: (await stopping).length,
      kills: all.reduce((sum, { kills }) => sum + kills, 0),
      failed: failures.length,
      seconds: Math.round((performance.now() - started) / 1000),
      misses: failures.map(missOf),
    };
  } finally {
    clearInterval(telling);
    await campaign.close();
  }
}

/** About: how many operations a run into a FHIR server has is known once it has been made. */
function plannedTrials(operations: number, part: (count: number) => number): number {
  const points = 2 * operations * (1 + fhirShare);
  return Math.ceil(points) + part(randomKills - serverLosses) + part(serverLosses) + stoppings;
}

function missOf({ name, problems }: TrialResult): CrashMeasure['misses'][number] {
  const [first = ''] = problems;
  return { cause: first.slice(0, 160), trial: name, problems: problems.length };
}
