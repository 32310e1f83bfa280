import { open, readdir, readFile, rename, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../../base/clock.ts';
import { sha256Hex } from '../../base/digest.ts';
import { putFileOnce, syncFolder } from '../../base/durableFile.ts';
import { systemCode } from '../../base/errors.ts';
import { uuid7 } from '../../base/id.ts';
import type { Random } from '../../base/random.ts';
import type { Part } from './partIndex.ts';

/** A part just written, and where each body stands in it. */
export interface WrittenPart {
  part: Part;
  offsets: number[];
}

const partName = /^[A-Z][A-Za-z]+\.[0-9a-f-]{36}\.ndjson$/;

/** A file that no index names is left alone for this long: its writer may be about to commit. */
const orphanAgeMs = 60 * 60 * 1000;

const manifestName = 'manifest.json';

/** The files of an NDJSON target: parts, which are written once, and the manifest. */
export class PartFiles {
  readonly folder: string;
  readonly #clock: Clock;
  readonly #random: Random;

  constructor(folder: string, services: { clock: Clock; random: Random }) {
    this.folder = folder;
    this.#clock = services.clock;
    this.#random = services.random;
  }

  /** Write a part under a name of its own; whole and durable when this resolves. */
  async write(type: string, bodies: readonly Buffer[]): Promise<WrittenPart> {
    const offsets: number[] = [];
    let bytes = 0;
    for (const body of bodies) {
      offsets.push(bytes);
      bytes += body.length + 1;
    }
    const text = Buffer.concat(bodies.flatMap((body) => [body, lineEnd]));
    const name = `${type}.${uuid7(this.#clock, this.#random)}.ndjson`;
    await putFileOnce(join(this.folder, name), text);
    const part = { name, type, lines: bodies.length, bytes, sha256: sha256Hex(text) };
    return { part, offsets };
  }

  /** Undefined when the file is gone: it was replaced meanwhile. */
  async read(name: string): Promise<Buffer | undefined> {
    return orAbsent(readFile(join(this.folder, name)));
  }

  /** Some stretches of a part; undefined when the file is gone. */
  async stretches(
    name: string,
    wanted: readonly { offset: number; length: number }[],
  ): Promise<Buffer[] | undefined> {
    const file = await orAbsent(open(join(this.folder, name), 'r'));
    if (file === undefined) return undefined;
    try {
      const found: Buffer[] = [];
      for (const { offset, length } of wanted) {
        const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, offset);
        found.push(buffer.subarray(0, bytesRead));
      }
      return found;
    } finally {
      await file.close();
    }
  }

  async remove(name: string): Promise<void> {
    await orAbsent(unlink(join(this.folder, name)));
  }

  /** Put a new manifest in the place of the old one, durably. */
  async writeManifest(text: string): Promise<void> {
    const path = join(this.folder, manifestName);
    const unfinished = join(this.folder, `.${manifestName}.${uuid7(this.#clock, this.#random)}`);
    const file = await open(unfinished, 'w', 0o600);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(unfinished, path);
    await syncFolder(this.folder);
  }

  /** Remove what attempts that died have left behind. */
  async sweep(known: ReadonlySet<string>): Promise<void> {
    const before = this.#clock.now().getTime() - orphanAgeMs;
    for (const name of await readdir(this.folder)) {
      if (!partName.test(name) || known.has(name)) continue;
      const found = await orAbsent(stat(join(this.folder, name)));
      if (found !== undefined && found.mtimeMs < before) await this.remove(name);
    }
  }
}

const lineEnd = Buffer.from('\n');

async function orAbsent<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}
