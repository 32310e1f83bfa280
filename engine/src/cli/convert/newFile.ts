import { open, rename, rm, stat } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { HandoverError, exitCodes } from '../../base/errors.ts';
import { outputFailure } from './outputFailure.ts';

/** Bytes that are gathered before they are written. */
const pieceBytes = 1 << 16;

/** A file that takes its name when it is whole; until then it is `NAME.partial`. */
export class NewFile {
  readonly #name: string;
  readonly #handle: FileHandle;
  readonly #encoding: BufferEncoding;
  #piece = '';
  /** Bytes written. */
  #length = 0;

  private constructor(name: string, handle: FileHandle, encoding: BufferEncoding) {
    this.#name = name;
    this.#handle = handle;
    this.#encoding = encoding;
  }

  /**
   * @param encoding `latin1` where a character stands for a byte.
   * @throws HandoverError `output-exists` where there is one of that name, `output-unwritable`, as
   * everything that writes does.
   */
  static async create(name: string, encoding: BufferEncoding = 'utf8'): Promise<NewFile> {
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
    this.#piece += text;
    if (this.#piece.length >= pieceBytes) await this.#flush();
  }

  /** Where the next text will stand. */
  async place(): Promise<number> {
    await this.#flush();
    return this.#length;
  }

  /** Take back what was written from there on. */
  async cutTo(place: number): Promise<void> {
    this.#piece = '';
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
    const bytes = Buffer.from(this.#piece, this.#encoding);
    this.#piece = '';
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
