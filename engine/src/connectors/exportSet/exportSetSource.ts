import { basename, extname, join } from 'node:path';
import { HandoverError } from '../../base/errors.ts';
import type { RecordBatch } from '../../model/record.ts';
import type { ReadRequest, Source } from '../../model/source.ts';
import type { Slice, Stream } from '../../model/stream.ts';
import { planOf } from '../csv/csvConnector.ts';
import { listFolder } from '../csv/folder.ts';
import { LineSource, type Folder } from '../csv/lineSource.ts';
import type { ExportSetConfiguration } from './configuration.ts';
import { readDictionary } from './dictionary.ts';
import { deliveryDiffers, deliveryUnexpected } from './failure.ts';
import { readManifest, verifyDigests, type Manifest } from './manifest.ts';

/**
 * One delivery of a vendor's export: files of tables, a manifest with their digests and counts, and
 * a dictionary with their columns and keys. Nothing is read before all of it is as the manifest says.
 */
export class ExportSetSource implements Source {
  readonly #folder: string;
  readonly #configuration: ExportSetConfiguration;
  readonly #files: LineSource;

  constructor(
    folder: string,
    configuration: ExportSetConfiguration,
    digest: (data: Uint8Array) => string,
  ) {
    this.#folder = folder;
    this.#configuration = configuration;
    this.#files = new LineSource({ discover: () => this.#discover(), digest });
  }

  /**
   * @throws HandoverError `export-differs`, `export-delivery`, `export-manifest-invalid`,
   * `export-dictionary-invalid`, and those of a folder of files.
   */
  async open(signal: AbortSignal): Promise<void> {
    const manifest = await this.#manifest();
    await verifyDigests(this.#folder, manifest);
    await this.#files.open(signal);
    const counts = new Map((await this.#files.streams()).map(({ name, count }) => [name, count]));
    const differing = manifest.files.filter(({ file, records }) => {
      const count = counts.get(tableOf(file));
      return records !== undefined && count !== undefined && count !== records;
    });
    if (differing.length === 0) return;
    await this.close();
    throw deliveryDiffers(differing.map(({ file }) => ({ file, what: 'records' })));
  }

  snapshot(): string | undefined {
    return this.#files.snapshot();
  }

  streams(): Promise<Stream[]> {
    return this.#files.streams();
  }

  slices(stream: Stream, want: number): Promise<Slice[]> {
    return this.#files.slices(stream, want);
  }

  layout(stream: Stream): Promise<Pick<Stream, 'columns' | 'key'> | undefined> {
    return this.#files.layout(stream);
  }

  probe(stream: Stream): Promise<ReadonlyMap<string, number>> {
    return this.#files.probe(stream);
  }

  /** @throws HandoverError `export-differs` when the delivery is no longer what was sent. */
  async *read(request: ReadRequest, signal: AbortSignal): AsyncGenerator<RecordBatch> {
    try {
      yield* this.#files.read(request, signal);
    } catch (error) {
      if (error instanceof HandoverError && error.code === 'snapshot-lost') {
        await verifyDigests(this.#folder, await this.#manifest());
      }
      throw error;
    }
  }

  close(): Promise<void> {
    return this.#files.close();
  }

  async #manifest(): Promise<Manifest> {
    const manifest = await readManifest(this.#folder, this.#configuration.manifest);
    const { delivery } = this.#configuration;
    if (manifest.delivery !== delivery) throw deliveryUnexpected(delivery, manifest.delivery);
    return manifest;
  }

  /** Files with a table in the dictionary are streams; all others, sent or not, need a decision. */
  async #discover(): Promise<Folder> {
    const { dictionary: dictionaryFile, manifest: manifestFile } = this.#configuration;
    const { files } = await this.#manifest();
    const dictionary = await readDictionary(this.#folder, dictionaryFile);
    const plans = files.flatMap(({ file }) => {
      const name = tableOf(file);
      const entry = dictionary.get(name);
      const path = join(this.#folder, file);
      return entry === undefined ? [] : [planOf(name, path, { ...this.#configuration, ...entry })];
    });
    const known = new Set([manifestFile, dictionaryFile, ...files.map(({ file }) => file)]);
    const listed = await listFolder(this.#folder);
    const holdsKnown = (folder: string): boolean =>
      [...known].some((file) => file.startsWith(folder));
    return {
      files: plans,
      others: [
        ...files.map(({ file }) => file).filter((file) => !dictionary.has(tableOf(file))),
        ...listed.files.filter((file) => !known.has(file)),
        ...listed.others.filter((folder) => !holdsKnown(folder)),
      ],
    };
  }
}

function tableOf(file: string): string {
  return basename(file, extname(file));
}
