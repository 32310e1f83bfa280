/**
 * The thread that encodes blocks beside the one that speaks to PostgreSQL (threadEncoder.ts). It is
 * given bodies that Handover made or will have refused, and gives buffers back without a copy.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { systemRandom } from '../../base/random.ts';
import { BlockSeal } from './block.ts';
import { encodeVersions } from './blockEncoder.ts';
import type { EncoderKeys, ThreadAnswer, ThreadJob } from './blockEncoder.ts';
import { SearchTokens } from './copyRows.ts';
import { sipHash24 } from './sipHash.ts';

const keys = workerData as EncoderKeys;
const parts = {
  seal: new BlockSeal(Buffer.from(keys.seal), systemRandom),
  tokens: new SearchTokens(sipHash24(keys.search)),
};

parentPort?.on('message', ({ number, job }: ThreadJob) => {
  // What crosses to a thread arrives as a plain array of bytes.
  const { buffer, byteOffset, byteLength } = job.bodies.bytes;
  const bytes = Buffer.from(buffer, byteOffset, byteLength);
  const encoded = encodeVersions({ ...job, bodies: { ...job.bodies, bytes } }, parts);
  const answer: ThreadAnswer = { number, encoded };
  const given = [encoded.rows, ...(encoded.blocks ? [encoded.blocks] : [])];
  parentPort?.postMessage(
    answer,
    given.map((one) => one.buffer as ArrayBuffer),
  );
});
