import { execFileSync } from 'node:child_process';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { X12Parser, X12Segment } from 'node-x12';
import { sha256Hex } from '../src/base/digest.ts';
import type { X12Event } from '../src/formats/x12/envelope.ts';
import { X12Reader } from '../src/formats/x12/reader.ts';
import { X12Converter } from '../src/mapping/library/x12/convert.ts';
import { benchResult, median, megabytes, rounded, type BenchResult } from './result.ts';
import { claimInterchange, remittanceInterchange } from './x12Sample.ts';

const rounds = 5;
const sampleBytes = 4e6;
const chunkBytes = 64 * 1024;

/**
 * X12 on one thread: an 837 and an 835 read in chunks, ours with every segment in its loop and judged,
 * beside `node-x12`, which gives segments alone; and the most memory that a large interchange takes.
 */
export async function benchX12(large: number): Promise<BenchResult> {
  const claims = Buffer.concat([...claimInterchange(sampleBytes)]);
  const payments = remittanceInterchange(16_000);
  const ours = { claims: [] as number[], payments: [] as number[] };
  const peer = { claims: [] as number[], payments: [] as number[] };
  const converted: number[] = [];
  const segments = { ours: 0, peer: 0 };
  for (let round = 0; round < rounds; round++) {
    ours.claims.push(await rate(claims, (bytes) => (segments.ours = readOurs(bytes))));
    peer.claims.push(await rate(claims, async (bytes) => (segments.peer = await readPeer(bytes))));
    ours.payments.push(await rate(payments, readOurs));
    peer.payments.push(await rate(payments, readPeer));
    converted.push(await rate(claims, convert));
  }
  const ratios = [
    median(ours.claims) / median(peer.claims),
    median(ours.payments) / median(peer.payments),
  ];
  const few = peakOf(16);
  const many = peakOf(large);
  return benchResult({
    bench: 'x12',
    compared: '837 and 835 streamed into loops, beside node-x12 without loops (the lesser of two)',
    ratio: rounded(Math.min(...ratios)),
    goal: { least: 1.5 },
    figures: {
      'MB of an 837 a second': rounded(median(ours.claims) / 1e6),
      'MB of an 837 a second by node-x12': rounded(median(peer.claims) / 1e6),
      'MB of an 835 a second': rounded(median(ours.payments) / 1e6),
      'MB of an 835 a second by node-x12': rounded(median(peer.payments) / 1e6),
      'ratio, 837': rounded(ratios[0] as number),
      'ratio, 835': rounded(ratios[1] as number),
      'segments seen by both': Math.min(segments.ours, segments.peer),
      'MB of an 837 a second to FHIR JSON': rounded(median(converted) / 1e6),
      'MB at most, interchange of 16 MB': megabytes(few.peak),
      [`MB at most, interchange of ${large} MB`]: megabytes(many.peak),
      'claims in it': many.claims,
    },
  });
}

/** Bytes worked through in a second of this thread's processor time. */
async function rate(bytes: Buffer, work: (bytes: Buffer) => unknown): Promise<number> {
  const started = process.threadCpuUsage();
  await work(bytes);
  const { user, system } = process.threadCpuUsage(started);
  return (bytes.length * 1e6) / (user + system);
}

function* chunksOf(bytes: Buffer): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += chunkBytes) yield bytes.subarray(at, at + chunkBytes);
}

function readOurs(bytes: Buffer): number {
  const reader = new X12Reader();
  let segments = 0;
  const take = (events: readonly X12Event[]): void => {
    for (const event of events) {
      if (event.kind === 'transaction') segments += event.transaction.segments;
    }
  };
  for (const chunk of chunksOf(bytes)) take(reader.push(chunk));
  take(reader.finish());
  return segments;
}

async function readPeer(bytes: Buffer): Promise<number> {
  let segments = 0;
  const parser = new X12Parser(false, 'utf8');
  parser.on('data', (segment) => {
    if (segment instanceof X12Segment) segments++;
  });
  await pipeline(Readable.from(chunksOf(bytes)), parser);
  return segments;
}

function convert(bytes: Buffer): number {
  const reader = new X12Reader();
  const identify = (key: string): string => sha256Hex(key).slice(0, 32);
  const converter = new X12Converter({ identify, zone: undefined });
  let written = 0;
  const take = (events: readonly X12Event[]): void => {
    for (const event of events) {
      for (const unit of converter.convert(event)) written += JSON.stringify(unit).length;
    }
  };
  for (const chunk of chunksOf(bytes)) take(reader.push(chunk));
  take(reader.finish());
  return written;
}

interface Peak {
  claims: number;
  /** Bytes. */
  peak: number;
}

function peakOf(size: number): Peak {
  const program = fileURLToPath(new URL('x12Memory.ts', import.meta.url));
  const text = execFileSync(process.execPath, [program, String(size)], { encoding: 'utf8' });
  return JSON.parse(text) as Peak;
}
