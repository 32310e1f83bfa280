import { seededRandom } from '../../src/base/random.ts';
import { fhirLane } from './fhirLane.ts';
import { serverLane, loseServer, type Loss } from './serverLoss.ts';
import { Stand, type Lane } from './stand.ts';
import { reviveAfterUndo, sleepAndWake, stopAndRevive } from './stopped.ts';
import { breakAll, everyPoint, randomKills, sample, type Trial } from './sweep.ts';
import { unbrokenRun, type TrialResult, type Unbroken } from './trial.ts';

export interface CampaignOptions {
  /** Chooses the hospital, second kills, instants and samples. */
  seed: string;
  /** Trials at once. */
  lanes?: number;
  /** Told of each trial as it ends. */
  tell?: (result: TrialResult) => void;
}

/** All the ways in which R02 breaks runs, on one stand. */
export class Campaign {
  readonly unbroken: Unbroken;
  readonly #stand: Stand;
  readonly #lanes: readonly Lane[];
  readonly #seed: string;
  readonly #tell: (result: TrialResult) => void;

  constructor(
    stand: Stand,
    lanes: readonly Lane[],
    unbroken: Unbroken,
    { seed, tell = () => undefined }: CampaignOptions,
  ) {
    this.#stand = stand;
    this.#lanes = lanes;
    this.unbroken = unbroken;
    this.#seed = seed;
    this.#tell = tell;
  }

  /** @throws Error when two unbroken runs do not number their durable operations alike. */
  static async open(options: CampaignOptions): Promise<Campaign> {
    const stand = await Stand.open({ patients: 4, seed: options.seed });
    try {
      const lanes = Array.from({ length: options.lanes ?? 3 }, (_, at) => stand.lane(`lane${at}`));
      const unbroken = await unbrokenRun(lanes[0] as Lane);
      const again = await unbrokenRun(stand.lane('again'));
      const counts = [unbroken, again].map(({ operations }) => operations.length);
      if (counts[0] !== counts[1]) {
        throw new Error(`the numbering is not stable: ${counts.join(' and ')} operations`);
      }
      return new Campaign(stand, lanes, unbroken, options);
    } catch (error) {
      await stand.close();
      throw error;
    }
  }

  close(): Promise<void> {
    return this.#stand.close();
  }

  /** Killed before and after every durable operation, or before and after a share of them. */
  points(share = 1): Promise<TrialResult[]> {
    const all = everyPoint(this.unbroken, this.#seed);
    return this.#break(this.#lanes, sample(all, share, this.#seed), this.unbroken);
  }

  /** Changed mappings that are applied, killed before and after some of the durable operations. */
  async remaps(share: number): Promise<TrialResult[]> {
    const lanes = await Promise.all(
      this.#lanes.map((_, at) => this.#stand.remapLane(`remap${at}`)),
    );
    const unbroken = await unbrokenRun(lanes[0] as Lane);
    const seed = `${this.#seed} re-map`;
    const trials = sample(everyPoint(unbroken, seed), share, seed);
    return this.#break(
      lanes,
      trials.map((trial) => ({ ...trial, name: `${trial.name} of a re-map` })),
      unbroken,
    );
  }

  /** Killed from outside at random instants. */
  randomKills(count: number): Promise<TrialResult[]> {
    return this.#break(this.#lanes, randomKills(this.unbroken, this.#seed, count), this.unbroken);
  }

  /** The same for the first run of a project, whose tables are being made. */
  async killsFromNothing(count: number): Promise<TrialResult[]> {
    const lanes = this.#lanes.map((_, at) => this.#stand.virginLane(`virgin${at}`));
    const unbroken = await unbrokenRun(lanes[0] as Lane);
    const trials = randomKills(unbroken, `${this.#seed} from nothing`, count);
    return this.#break(
      lanes,
      trials.map((trial) => ({ ...trial, name: `${trial.name}, from nothing` })),
      unbroken,
    );
  }

  /** First runs into a FHIR server that gives ids of its own, killed before and after some operations. */
  async fhirServer(share: number): Promise<TrialResult[]> {
    const made = await Promise.all(
      this.#lanes.map((_, at) => fhirLane(this.#stand.virginLane(`fhir${at}`))),
    );
    try {
      const lanes = made.map(({ lane }) => lane);
      const unbroken = await unbrokenRun(lanes[0] as Lane);
      const seed = `${this.#seed} fhir`;
      const trials = sample(everyPoint(unbroken, seed), share, seed);
      return await this.#break(
        lanes,
        trials.map((trial) => ({ ...trial, name: `${trial.name} into a FHIR server` })),
        unbroken,
      );
    } finally {
      for (const one of made) await one.close();
    }
  }

  /** PostgreSQL is killed under a run: the server, one of its sessions, or both with the run. */
  async serverLosses(count: number): Promise<TrialResult[]> {
    const kinds: readonly Loss[] = ['server', 'session', 'both'];
    const losses = Array.from({ length: count }, (_, at) => kinds[at % kinds.length] as Loss);
    const reference = this.#stand.virginLane('reference');
    const unbroken = await unbrokenRun(reference);
    const results: TrialResult[] = [];
    const work = async (name: string): Promise<void> => {
      const lane = await serverLane(this.#stand.virginLane(name));
      try {
        for (let loss = losses.pop(); loss !== undefined; loss = losses.pop()) {
          const trial = `loss ${losses.length + 1} of PostgreSQL (${loss})`;
          results.push(await loseServer(lane, trial, loss, unbroken, this.#seed));
          this.#tell(results.at(-1) as TrialResult);
        }
      } finally {
        await lane.close();
      }
    };
    await Promise.all(['server0', 'server1'].slice(0, count).map(work));
    return results;
  }

  /**
   * Workers that are stopped and revived, each somewhere in a commit and somewhere in a write.
   * @param impatient do not wait for PostgreSQL to give the stopped worker up.
   */
  async stoppedWorkers(impatient: boolean): Promise<TrialResult[]> {
    const { operations } = this.unbroken;
    const random = seededRandom(`${this.#seed} stopped`);
    const count = (name: string): number => operations.filter((one) => one === name).length;
    const commit = 2 + random.integer(count('commit') - 2);
    const write = 1 + random.integer(count('target.write'));
    const lane = this.#stand.lane('stopped');
    const stopAt = (name: string, at: number) => ({
      stop: { name, at, moment: 'before' as const },
      impatient,
    });
    const results: TrialResult[] = [];
    const keep = (result: TrialResult): void => {
      results.push(result);
      this.#tell(result);
    };
    const first = `stopped before commit ${commit}`;
    keep(await stopAndRevive(lane, first, stopAt('commit', commit), this.unbroken));
    const second = `stopped before write ${write}`;
    keep(await stopAndRevive(lane, second, stopAt('target.write', write), this.unbroken));
    const intent = {
      ...stopAt('commit', this.#intentBefore(write)).stop,
      moment: 'after' as const,
    };
    keep(
      await reviveAfterUndo(lane, `stopped before write ${write}, then undone`, {
        stop: intent,
        impatient,
      }),
    );
    return results;
  }

  /** Machines that sleep in the middle of a commit, and of a write, and wake again. */
  async sleeps(): Promise<TrialResult[]> {
    const { operations } = this.unbroken;
    const random = seededRandom(`${this.#seed} asleep`);
    const lane = this.#stand.lane('asleep');
    const results: TrialResult[] = [];
    for (const name of ['commit', 'target.write']) {
      const count = operations.filter((one) => one === name).length;
      const stop = { name, at: 2 + random.integer(count - 2), moment: 'before' as const };
      const title = `asleep before ${name} ${stop.at}`;
      results.push(await sleepAndWake(lane, title, stop, this.unbroken));
      this.#tell(results.at(-1) as TrialResult);
    }
    return results;
  }

  /** Which commit is the intent of a write to the target: the last one before it. */
  #intentBefore(write: number): number {
    const { operations } = this.unbroken;
    let writes = 0;
    const at = operations.findIndex((name) => name === 'target.write' && ++writes === write);
    return operations.slice(0, at).filter((name) => name === 'commit').length;
  }

  async #break(
    lanes: readonly Lane[],
    trials: readonly Trial[],
    unbroken: Unbroken,
  ): Promise<TrialResult[]> {
    const results: TrialResult[] = [];
    await breakAll(lanes, trials, unbroken, (result) => {
      results.push(result);
      this.#tell(result);
    });
    return results;
  }
}
