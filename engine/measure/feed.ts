import { spawn } from 'node:child_process';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { seededRandom, systemRandom } from '../src/base/random.ts';
import { openProject } from '../src/cli/project.ts';
import { connectorServices, connectorsOf } from '../src/cli/composition.ts';
import type { Source } from '../src/model/source.ts';
import { temporaryFolder } from '../src/store/testing.ts';
import { checkLedger, checkTarget, runOver, type TargetCheck } from './feedTarget.ts';
import { FeedSender, type SenderTally } from './feedSender.ts';

export interface FeedOptions {
  messages: number;
  /** Any text; random when absent. Faults come at the same messages for the same seed. */
  seed?: string | undefined;
  /** Whether the inbox is then moved into a target by a run, and that is checked too. */
  load?: boolean;
  /** Told how far it is, about every ten seconds. */
  say?: (line: string) => void;
}

export interface FeedMeasure extends SenderTally {
  seed: string;
  messages: number;
  senders: number;
  /** Times that the listener was killed (SIGKILL) while all of them were sending. */
  kills: number;
  /** Of the clock, from the first message until the last one was acknowledged. */
  seconds: number;
  acknowledgedPerSecond: number;
  /** Messages in the inbox. */
  kept: number;
  /** Acknowledged and not in the inbox. */
  lost: number;
  /** In the inbox more than once. */
  doubled: number;
  /** In the inbox with other bytes than were sent. */
  altered: number;
  /** In the inbox and sent by nobody. */
  unknown: number;
  /** Messages in the inbox that stand behind a newer one about the same patient. */
  outOfOrder: number;
  /** What the target holds after a run over the inbox. */
  target?: TargetCheck;
  misses: { cause: string; message: string }[];
}

const senders = 4;
const kills = 3;
const tellEveryMs = 10_000;
/** A message takes far less than this, kills and restarts included. */
const mostMsPerMessage = 20;
const leastMs = 180_000;
const mostMisses = 20;

/**
 * A live feed under faults: four senders, broken connections, duplicates, messages that come behind
 * newer ones, and a listener that is killed while all of them send. Afterwards the inbox is read by
 * the source that runs read it by, and held against what each sender remembers.
 */
export async function measureFeed(options: FeedOptions): Promise<FeedMeasure> {
  const { messages, say = () => undefined } = options;
  const seed = options.seed ?? systemRandom.bytes(4).toString('hex');
  say(`seed ${seed}`);
  const feed = new Feed(Math.ceil(messages / senders));
  const folder = await temporaryFolder();
  try {
    const port = await freePort();
    await makeProject(folder, port);
    const limit = AbortSignal.timeout(leastMs + messages * mostMsPerMessage);
    const own = Array.from({ length: senders }, (_, sender) => {
      return new FeedSender({
        count: feed.each,
        port: () => port,
        random: seededRandom(`${seed}-${sender}`),
        message: (number) => feed.message(sender, number),
      });
    });
    const began = performance.now();
    const killed = await sendAll(own, folder, limit, say);
    const seconds = (performance.now() - began) / 1_000;
    const found = await new Check(feed, own).read(folder);
    const target = options.load === true ? await loaded(feed, own, folder, say) : undefined;
    const tally = sum(own.map((one) => one.tally));
    return {
      seed,
      messages: feed.each * senders,
      senders,
      ...tally,
      kills: killed,
      seconds: Math.round(seconds),
      acknowledgedPerSecond: Math.round(tally.acknowledged / seconds),
      ...found,
      ...(target !== undefined && { target }),
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Messages about so many patients come mixed, a dozen about each. */
const together = 5;
const visit = 12 * together;

/** What is sent: updates of patients, one version after another. */
class Feed {
  /** Messages of each sender. */
  readonly each: number;
  /** Patients of each sender. */
  readonly patients: number;

  constructor(each: number) {
    this.each = each;
    this.patients = Math.ceil(each / visit) * together;
  }

  /** Which patient a message is about, among others of the hour; a higher number is a newer version. */
  patient(number: number): number {
    return Math.floor(number / visit) * together + (number % together);
  }

  message(sender: number, number: number): string {
    const patient = `${sender}-${this.patient(number)}`;
    const at = new Date(Date.UTC(2026, 0, 1) + number * 1_000).toISOString();
    const time = at.replace(/\D/g, '').slice(0, 14);
    return [
      `MSH|^~\\&|ADT${sender}|NORTH|EHR|SOUTH|${time}||ADT^A08^ADT_A01|F${sender}-${number}|P|2.5.1`,
      `EVN|A08|${time}`,
      `PID|1||${patient}^^^NORTH^MR||EXAMPLE^V${number}||19700101|F`,
      `PV1|1|I|W^${number % 40}^A`,
      '',
    ].join('\r');
  }
}

/** The inbox moved by a run: each patient must say what the newest message about it says. */
async function loaded(
  feed: Feed,
  own: readonly FeedSender[],
  folder: string,
  say: (line: string) => void,
): Promise<TargetCheck> {
  say('moving the inbox into the target');
  const newest = new Map<string, string>();
  for (const [sender, { acknowledged }] of own.entries()) {
    for (const [number, taken] of acknowledged.entries()) {
      if (taken === 1) newest.set(`${sender}-${feed.patient(number)}`, `V${number}`);
    }
  }
  const run = await runOver(folder);
  const project = await openProject(folder, process.env, 'error');
  try {
    return { run, ...(await checkTarget(project, newest)), ...(await checkLedger(project)) };
  } finally {
    await project.close();
  }
}

/** Sends everything, and kills the listener while that is under way; returns how often. */
async function sendAll(
  own: readonly FeedSender[],
  folder: string,
  limit: AbortSignal,
  say: (line: string) => void,
): Promise<number> {
  const acknowledged = (): number => own.reduce((all, { tally }) => all + tally.acknowledged, 0);
  const total = own.reduce((all, one) => all + one.acknowledged.length, 0);
  let listener = await listen(folder);
  let killed = 0;
  const stop = new AbortController();
  const killing = (async () => {
    while (!stop.signal.aborted) {
      await new Promise((resolve) => setTimeout(resolve, 5));
      if (killed === kills || acknowledged() < (total * (killed + 1)) / (kills + 1)) continue;
      await listener.end('SIGKILL');
      killed++;
      listener = await listen(folder);
    }
  })();
  const telling = setInterval(() => {
    say(`${acknowledged().toLocaleString('en-US')} acknowledged, killed ${killed} times`);
  }, tellEveryMs);
  try {
    const sending = Promise.all(own.map((one) => one.run(limit)));
    await Promise.race([sending, killing.then(() => sending)]);
  } finally {
    clearInterval(telling);
    stop.abort();
    try {
      await killing;
    } finally {
      await listener.end('SIGTERM');
    }
  }
  return killed;
}

interface Listening {
  end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void>;
}

const cli = fileURLToPath(new URL('../src/cli/main.ts', import.meta.url));

/** `handover listen` in a process of its own, listening. */
async function listen(folder: string): Promise<Listening> {
  const words = [cli, '--project', folder, 'listen'];
  const child = spawn(process.execPath, words, { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  const ended = new Promise<void>((resolve) => child.on('close', () => resolve()));
  await Promise.race([
    new Promise<void>((resolve) => {
      child.stderr.setEncoding('utf8').on('data', (text: string) => {
        said = (said + text).slice(-4_000);
        if (said.includes('listening at')) resolve();
      });
    }),
    ended.then(() => {
      throw new Error(`handover listen ended before it listened: ${said}`);
    }),
  ]);
  return {
    async end(signal) {
      child.kill(signal);
      await ended;
    },
  };
}

async function makeProject(folder: string, port: number): Promise<void> {
  const words = [cli, '--project', folder, 'init', '--tables', 'core'];
  const child = spawn(process.execPath, words, { stdio: 'ignore' });
  await new Promise((resolve) => child.on('close', resolve));
  const source = `sources: { feed: { kind: mllp, port: ${port}, timeZone: UTC } }`;
  const rest =
    'targets: { chart: { kind: embedded } }\nstrategy: { kind: big-bang }\nmappings: own';
  await writeFile(join(folder, 'handover.yaml'), `name: feed\n${source}\n${rest}\n`);
  await mkdir(join(folder, 'own'));
  await writeFile(join(folder, 'own/feed.yaml'), 'stream: feed.ADT\nstandard: hl7v2\n');
}

type Found = Pick<
  FeedMeasure,
  'kept' | 'lost' | 'doubled' | 'altered' | 'unknown' | 'outOfOrder' | 'misses'
>;

/** Counts what is in the inbox, message by message. */
class Check {
  readonly #feed: Feed;
  readonly #senders: readonly FeedSender[];
  /** By sender and number: how often it is there. */
  readonly #times: readonly Uint8Array[];
  /** By sender and patient: the newest version so far. */
  readonly #newest: readonly Int32Array[];
  readonly #found: Found = {
    kept: 0,
    lost: 0,
    doubled: 0,
    altered: 0,
    unknown: 0,
    outOfOrder: 0,
    misses: [],
  };

  constructor(feed: Feed, own: readonly FeedSender[]) {
    this.#feed = feed;
    this.#senders = own;
    this.#times = own.map(() => new Uint8Array(feed.each));
    this.#newest = own.map(() => new Int32Array(feed.patients).fill(-1));
  }

  async read(folder: string): Promise<Found> {
    const project = await openProject(folder, process.env, 'error');
    try {
      const connector = connectorsOf(project).get('mllp');
      const services = { ...connectorServices(project), name: 'feed' };
      const source = connector?.source?.create({}, services);
      if (source === undefined) throw new Error('there is no source of kind mllp');
      await source.open(AbortSignal.timeout(60_000));
      await this.#readSource(source);
      await source.close();
    } finally {
      await project.close();
    }
    this.#compare();
    return this.#found;
  }

  async #readSource(source: Source): Promise<void> {
    const signal = new AbortController().signal;
    for (const stream of await source.streams()) {
      for (const slice of await source.slices(stream, 1)) {
        const request = { stream, slice, records: 5_000, bytes: 16 << 20 };
        for await (const { bytes, offsets, keys } of source.read(request, signal)) {
          for (let at = 0; at < keys.length; at++) {
            this.#see(bytes.toString('latin1', offsets[at], offsets[at + 1]));
          }
        }
      }
    }
  }

  #see(text: string): void {
    this.#found.kept++;
    const [, own = '', digits = ''] = /^MSH(?:\|[^|]*){8}\|F(\d)-(\d+)\|/.exec(text) ?? [];
    const [sender, number] = [Number(own), Number(digits)];
    const times = this.#times[sender];
    if (own === '' || times === undefined || number >= this.#feed.each) {
      this.#miss('unknown', 'a message that nobody sent');
      return;
    }
    if (text !== this.#feed.message(sender, number)) this.#miss('altered', `${own}-${number}`);
    times[number] = (times[number] ?? 0) + 1;
    const newest = this.#newest[sender] as Int32Array;
    const patient = this.#feed.patient(number);
    if (number < (newest[patient] ?? -1)) this.#found.outOfOrder++;
    else newest[patient] = number;
  }

  #compare(): void {
    for (const [sender, { acknowledged }] of this.#senders.entries()) {
      for (let number = 0; number < acknowledged.length; number++) {
        const times = this.#times[sender]?.[number] ?? 0;
        if (times === 0 && acknowledged[number] === 1) this.#miss('lost', `${sender}-${number}`);
        if (times > 1) this.#miss('doubled', `${sender}-${number}`);
      }
    }
  }

  #miss(cause: 'lost' | 'doubled' | 'altered' | 'unknown', message: string): void {
    this.#found[cause]++;
    if (this.#found.misses.length < mostMisses) this.#found.misses.push({ cause, message });
  }
}

function sum(tallies: readonly SenderTally[]): SenderTally {
  const total: SenderTally = {
    sent: 0,
    acknowledged: 0,
    refused: 0,
    disconnects: 0,
    duplicates: 0,
    late: 0,
  };
  for (const tally of tallies) {
    for (const name of Object.keys(total) as (keyof SenderTally)[]) total[name] += tally[name];
  }
  return total;
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer();
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
