import { open, rename, rm, stat } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { HandoverError, exitCodes } from '../../base/errors.ts';
import { outputFailure } from './outputFailure.ts';

/** Bytes that are gathered before they are written. */
const pieceBytes = 1 << 16;

const utf8 = new TextEncoder();

/** A file that takes its name when it is whole; until then it is `NAME.partial`. */
export class NewFile {
  readonly #name: string;
  readonly #handle: FileHandle;
  readonly #encoding: 'utf8' | 'latin1';
  readonly #piece = Buffer.allocUnsafeSlow(pieceBytes);
  /** Bytes of the piece. */
  #held = 0;
  /** Bytes written. */
  #length = 0;

  private constructor(name: string, handle: FileHandle, encoding: 'utf8' | 'latin1') {
    this.#name = name;
    this.#handle = handle;
    this.#encoding = encoding;
  }

  /**
   * @param encoding `latin1` where a character stands for a byte.
   * @throws HandoverError `output-exists` where there is one of that name, `output-unwritable`, as
   * everything that writes does.
   */
  static async create(name: string, encoding: 'utf8' | 'latin1' = 'utf8'): Promise<NewFile> {
    const there = await stat(name).catch(() => undefined);
    if (there !== undefined) {
      throw new HandoverError('output-exists', `${name} is there already, and stays as it is.`, {
        exitCode: exitCodes.usage,
        next: 'Name a new file, or remove that one.',
      });
    }
    const handle = await open(`${name}.partial`, 'w', 0o600).catch((error: unknown) => {
      throw outputFailure(name, error);
    });
    return new NewFile(name, handle, encoding);
  }

  async write(text: string): Promise<void> {
    await this.writeAll([text]);
  }

  /** Parts of a text, each of whole characters: what is long need never stand in one piece. */
  async writeAll(parts: Iterable<string | Uint8Array>): Promise<void> {
    for (const part of parts) {
      for (let at = 0; at < part.length;) {
        const taken = this.#take(part, at);
        at += taken;
        // A character may need more than what is left.
        if (taken === 0 || this.#held === pieceBytes) await this.#flush();
      }
    }
  }

  /** How many bytes or characters of it found room, from `at` on. */
  #take(part: string | Uint8Array, at: number): number {
    const most = pieceBytes - this.#held;
    if (typeof part === 'string' && this.#encoding === 'utf8') {
      const room = this.#piece.subarray(this.#held);
      const { read, written } = utf8.encodeInto(part.slice(at, at + most), room);
      this.#held += written;
      return read;
    }
    const taken = part.slice(at, at + most);
    if (typeof taken === 'string') this.#piece.write(taken, this.#held, 'latin1');
    else this.#piece.set(taken, this.#held);
    this.#held += taken.length;
    return taken.length;
  }

  /** Where the next text will stand. */
  async place(): Promise<number> {
    await this.#flush();
    return this.#length;
  }

  /** Take back what was written from there on. */
  async cutTo(place: number): Promise<void> {
    this.#held = 0;
    this.#length = place;
    await this.#handle.truncate(place);
  }

  async finish(): Promise<void> {
    await this.#flush();
    try {
      await this.#handle.sync();
      await this.#handle.close();
      await rename(`${this.#name}.partial`, this.#name);
    } catch (error) {
      throw outputFailure(this.#name, error);
    }
  }

  async abandon(): Promise<void> {
    await this.#handle.close().catch(() => undefined);
    await rm(`${this.#name}.partial`, { force: true });
  }

  async #flush(): Promise<void> {
    const bytes = this.#piece.subarray(0, this.#held);
    this.#held = 0;
    try {
      for (let at = 0; at < bytes.length;) {
        const { bytesWritten } = await this.#handle.write(bytes, at, undefined, this.#length + at);
        at += bytesWritten;
      }
    } catch (error) {
      throw outputFailure(this.#name, error);
    }
    this.#length += bytes.length;
  }
}
