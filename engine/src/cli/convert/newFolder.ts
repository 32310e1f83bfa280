import { mkdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import * as path from 'node:path';
import { exitCodes, HandoverError } from '../../base/errors.ts';
import { outputFailure } from './outputFailure.ts';

/** A folder that takes its name when all its files are whole; until then it is `NAME.partial`. */
export class NewFolder {
  readonly #name: string;
  readonly #ending: string;
  #files = 0;

  private constructor(name: string, ending: string) {
    this.#name = name;
    this.#ending = ending;
  }

  /**
   * @throws HandoverError `output-exists` where there is one of that name, `output-unwritable`, as
   * everything that writes does.
   */
  static async create(name: string, ending: string): Promise<NewFolder> {
    if ((await stat(name).catch(() => undefined)) !== undefined) {
      throw new HandoverError('output-exists', `${name} is there already, and stays as it is.`, {
        exitCode: exitCodes.usage,
        next: 'Name a new folder, or remove that one.',
      });
    }
    try {
      await rm(`${name}.partial`, { recursive: true, force: true });
      await mkdir(`${name}.partial`, { mode: 0o700 });
    } catch (error) {
      throw outputFailure(name, error);
    }
    return new NewFolder(name, ending);
  }

  /** One more file; its name is its number, which tells nothing of whom it is. */
  async write(text: string): Promise<void> {
    const file = `${String(++this.#files).padStart(7, '0')}.${this.#ending}`;
    const place = path.join(`${this.#name}.partial`, file);
    await writeFile(place, text, { mode: 0o600 }).catch((error: unknown) => {
      throw outputFailure(this.#name, error);
    });
  }

  async finish(): Promise<void> {
    await rename(`${this.#name}.partial`, this.#name).catch((error: unknown) => {
      throw outputFailure(this.#name, error);
    });
  }

  async abandon(): Promise<void> {
    await rm(`${this.#name}.partial`, { recursive: true, force: true });
  }
}
