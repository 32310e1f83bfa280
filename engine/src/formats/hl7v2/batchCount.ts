import type { Frame } from './frames.ts';

/**
 * Holds the trailers of a file against what came: BTS-1 counts the messages of its batch, FTS-1 the
 * batches of the file (chapter 2.10.3). Without batches around its messages a file is one batch, or
 * counts the messages themselves. A trailer that names no count says nothing.
 */
export class BatchCount {
  #ofBatch = 0;
  #ofFile = 0;
  #batches = 0;
  /** Headers whose trailer has not come. */
  #file: Frame | undefined;
  #batch: Frame | undefined;

  /** At the end: the header of what did not end, as a file does that was cut off. */
  get unended(): Frame | undefined {
    return this.#file ?? this.#batch;
  }

  /** Take the next piece of a file; whether it is a trailer that counts something else than came. */
  differs(frame: Frame): boolean {
    const { kind, bytes } = frame;
    if (kind === 'message') {
      this.#ofBatch++;
      this.#ofFile++;
    }
    if (kind !== 'envelope') return false;
    switch (bytes.toString('latin1', 0, 3)) {
      case 'FHS':
        this.#ofBatch = this.#ofFile = this.#batches = 0;
        this.#file = copied(frame);
        return false;
      case 'BHS':
        this.#batches++;
        this.#ofBatch = 0;
        this.#batch = copied(frame);
        return false;
      case 'BTS': {
        const came = this.#ofBatch;
        this.#ofBatch = 0;
        this.#batch = undefined;
        return isOther(bytes, [came]);
      }
      case 'FTS':
        this.#file = this.#batch = undefined;
        return isOther(bytes, this.#batches === 0 ? [1, this.#ofFile] : [this.#batches]);
      default:
        return false;
    }
  }
}

/** It is kept longer than the chunk that it came in. */
function copied(frame: Frame): Frame {
  return { ...frame, bytes: Buffer.from(frame.bytes) };
}

/** A trailer is a line; what it says stands in its beginning. */
const longestTrailer = 1024;

function isOther(trailer: Buffer, counts: readonly number[]): boolean {
  const line = trailer.toString('latin1', 0, longestTrailer).trimEnd();
  const written = line.length < 5 ? '' : (line.split(line.charAt(3))[1]?.trim() ?? '');
  return written !== '' && !(/^\d+$/.test(written) && counts.includes(Number(written)));
}
