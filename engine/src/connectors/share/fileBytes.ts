import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { systemCode } from '../../base/errors.ts';
import { mediaKindOf, tellingBytes } from '../../formats/mediaKind.ts';
import { snapshotLost } from '../sourceFailure.ts';
import { traceOf, type ShareEntry } from './walk.ts';

/** Bytes read at once; what is held of a file at any moment. */
const frameBytes = 256 * 1024;

/** What is known of a file once it has been read. */
export interface FileFacts {
  sha256: string;
  /** Base64, as FHIR's Attachment.hash. */
  sha1: string;
  media: string;
}

/**
 * Read a file once: its frames go to `take`, its digests and kind are the answer. A link is not
 * followed, and nothing is waited for, should it have become a pipe.
 * @returns undefined when there is no leave to read it.
 * @throws HandoverError `snapshot-lost` when it is no longer, before or after, what was listed.
 */
export async function readShared(
  entry: ShareEntry,
  take: (frames: AsyncIterable<Buffer>) => Promise<void>,
  signal: AbortSignal,
): Promise<FileFacts | undefined> {
  const handle = await openShared(entry);
  if (handle === undefined) return undefined;
  try {
    const digester = new Digester();
    await requireUnchanged(handle, entry);
    await take(digester.through(framesOf(handle, entry.bytes, signal)));
    await requireUnchanged(handle, entry);
    return digester.facts();
  } finally {
    await handle.close();
  }
}

/**
 * The frames of a file as they are asked for; undefined when there is no leave to read it. A link is
 * not followed. @throws HandoverError `snapshot-lost` when it is no longer what was listed.
 */
export async function readFrames(
  entry: ShareEntry,
  signal: AbortSignal,
): Promise<AsyncGenerator<Buffer> | undefined> {
  const handle = await openShared(entry);
  return handle && closingFrames(handle, entry, signal);
}

async function* closingFrames(
  handle: FileHandle,
  entry: ShareEntry,
  signal: AbortSignal,
): AsyncGenerator<Buffer> {
  try {
    await requireUnchanged(handle, entry);
    yield* framesOf(handle, entry.bytes, signal);
    await requireUnchanged(handle, entry);
  } finally {
    await handle.close();
  }
}

async function openShared({ place }: ShareEntry): Promise<FileHandle | undefined> {
  const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;
  try {
    return await open(place, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  } catch (error) {
    const code = systemCode(error) ?? '';
    if (code === 'EACCES' || code === 'EPERM') return undefined;
    if (['ENOENT', 'ELOOP', 'ENOTDIR', 'ENXIO'].includes(code)) throw snapshotLost();
    throw error;
  }
}

async function requireUnchanged(handle: FileHandle, { trace }: ShareEntry): Promise<void> {
  const found = await handle.stat({ bigint: true });
  if (!found.isFile() || traceOf(found) !== trace) throw snapshotLost();
}

/** As many bytes as were listed: a file that somebody goes on writing has no end. */
async function* framesOf(
  handle: FileHandle,
  bytes: number,
  signal: AbortSignal,
): AsyncGenerator<Buffer> {
  for (let left = bytes; left > 0;) {
    signal.throwIfAborted();
    const frame = Buffer.allocUnsafeSlow(Math.min(frameBytes, left));
    const { bytesRead } = await handle.read(frame, 0, frame.length);
    if (bytesRead === 0) throw snapshotLost();
    left -= bytesRead;
    yield frame.subarray(0, bytesRead);
  }
}

/** Digests what passes, and keeps the first bytes. */
class Digester {
  readonly #sha256 = createHash('sha256');
  readonly #sha1 = createHash('sha1');
  #start = Buffer.alloc(0);

  async *through(frames: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    for await (const frame of frames) {
      this.#sha256.update(frame);
      this.#sha1.update(frame);
      if (this.#start.length < tellingBytes) this.#start = Buffer.concat([this.#start, frame]);
      yield frame;
    }
    this.#start = this.#start.subarray(0, tellingBytes);
  }

  facts(): FileFacts {
    return {
      sha256: this.#sha256.digest('hex'),
      sha1: this.#sha1.digest('base64'),
      media: mediaKindOf(this.#start),
    };
  }
}
