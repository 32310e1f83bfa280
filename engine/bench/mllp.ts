import { spawn, type ChildProcess } from 'node:child_process';
import { rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { temporaryFolder } from '../src/store/testing.ts';
import { send, type Load } from './mllpClient.ts';
import { proportionalBytes, treeOf } from './processes.ts';
import { benchResult, megabytes, median, rounded, type BenchResult } from './result.ts';

const rounds = 3;
const sampleEveryMs = 100;

/** Ways in which a hospital's senders send; the first is the one that is compared. */
const manners = [
  { name: '64 senders, one message at a time', connections: 64, window: 1 },
  { name: '4 senders, one message at a time', connections: 4, window: 1 },
  { name: '4 senders, 64 messages on their way', connections: 4, window: 64 },
] as const;

/**
 * Messages received and answered: ours when they are durable, `@medplum/hl7`'s server without keeping
 * any. The same client sends the same messages to each in turn; each runs in a process of its own, and
 * our PostgreSQL syncs every commit.
 */
export async function benchMllp(messages: number): Promise<BenchResult> {
  const figures: Record<string, number> = { 'messages a round': messages };
  const ratios: number[] = [];
  const ours = await startOurs();
  const peer = await startPeer();
  try {
    for (const { name, connections, window } of manners) {
      const load = { connections, window, messages };
      const own: number[] = [];
      const theirs: number[] = [];
      for (let round = 0; round < rounds; round++) {
        const each = { ...load, round: `${connections}-${window}-${round}` };
        own.push(await send({ ...each, port: ours.port }));
        theirs.push(await send({ ...each, port: peer.port }));
      }
      // Looking at the memory of a dozen processes holds them and the senders up: it is not timed.
      for (const one of [ours, peer]) {
        await watched(one, { ...load, port: one.port, round: `${connections}-${window}-memory` });
      }
      ratios.push(median(own) / median(theirs));
      figures[`${name}: durable, a second`] = Math.round(median(own));
      figures[`${name}: @medplum/hl7, a second`] = Math.round(median(theirs));
    }
  } finally {
    await ours.close();
    await peer.close();
  }
  figures['MB, listener and its PostgreSQL, at most'] = megabytes(ours.peak);
  figures['MB, @medplum/hl7, at most'] = megabytes(peer.peak);
  return benchResult({
    bench: 'mllp',
    compared: `${manners[0].name}: durable before it is answered, beside @medplum/hl7 without keeping`,
    ratio: rounded(ratios[0] ?? Number.NaN),
    goal: { least: 1 },
    figures,
  });
}

interface Running {
  port: number;
  pid: number;
  /** Bytes, at most so far. */
  peak: number;
  close(): Promise<void>;
}

/** The same, its memory looked at. */
async function watched(server: Running, load: Load): Promise<void> {
  const over = new AbortController();
  const watch = (async () => {
    while (!over.signal.aborted) {
      server.peak = Math.max(server.peak, proportionalBytes(treeOf(server.pid)));
      await sleep(sampleEveryMs);
    }
  })();
  try {
    await send(load);
  } finally {
    over.abort();
    await watch;
  }
}

const cli = fileURLToPath(new URL('../src/cli/main.ts', import.meta.url));

async function startOurs(): Promise<Running> {
  const folder = await temporaryFolder();
  const port = await freePort();
  const words = ['--project', folder];
  await endOf(
    spawn(process.execPath, [cli, ...words, 'init', '--tables', 'core'], { stdio: 'ignore' }),
  );
  const sources = `sources: { feed: { kind: mllp, port: ${port} } }`;
  const plan = `name: bench\n${sources}\ntargets: { chart: { kind: embedded } }\nstrategy: { kind: big-bang }\n`;
  await writeFile(join(folder, 'handover.yaml'), plan);
  const running = await started([cli, ...words, 'listen'], port);
  return {
    ...running,
    async close() {
      await running.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function startPeer(): Promise<Running> {
  const port = await freePort();
  const script = fileURLToPath(new URL('mllpPeer.mjs', import.meta.url));
  return started([script, String(port)], port);
}

/** A server that has said on standard error that it listens. */
async function started(words: readonly string[], port: number): Promise<Running> {
  const child = spawn(process.execPath, words, { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  const ended = endOf(child);
  await Promise.race([
    new Promise<void>((resolve) => {
      child.stderr.setEncoding('utf8').on('data', (text: string) => {
        said += text;
        if (said.includes('listening')) resolve();
      });
    }),
    ended.then(() => {
      throw new Error(`it ended before it listened: ${said}`);
    }),
  ]);
  return {
    port,
    pid: child.pid as number,
    peak: 0,
    async close() {
      child.kill('SIGTERM');
      await ended.catch(() => undefined);
    },
  };
}

function endOf(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', () => resolve());
  });
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
