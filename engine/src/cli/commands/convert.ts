import { createReadStream } from 'node:fs';
import { open, readdir, rename, rm, stat } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import * as path from 'node:path';
import { encodeBase32 } from '../../base/base32.ts';
import { hmacSha256Hex } from '../../base/digest.ts';
import { HandoverError, exitCodes, systemCode, type ExitCode } from '../../base/errors.ts';
import { systemRandom } from '../../base/random.ts';
import { timeZone } from '../../formats/zones.ts';
import type { ConvertedDocument, ConvertReader, ReaderSettings } from '../convert/reader.ts';
import { convertReaders } from '../convert/readers.ts';
import { counted, several, table, type Output } from '../output.ts';
import type { Environment } from '../project.ts';

export interface ConvertOptions {
  from: string;
  to: 'fhir';
  as: 'bundles' | 'resources';
  timeZone?: string;
  strict?: boolean;
}

/** Bytes that are gathered before they are written. */
const pieceBytes = 1 << 16;

/**
 * `handover convert`: documents of a file or folder to FHIR, by the rules that a run maps them with.
 * OUT is NDJSON, a line for each document or resource; it takes its name when it is whole.
 */
export async function convertCommand(
  output: Output,
  environment: Environment,
  input: string,
  out: string,
  options: ConvertOptions,
): Promise<ExitCode> {
  const reader = convertReaders[options.from] as ConvertReader;
  const settings = settingsOf(options, environment);
  const files = await filesOf(input, reader);
  await refuseExisting(out);
  const partial = `${out}.partial`;
  const target = await open(partial, 'w', 0o600);
  const report = new ConvertReport();
  try {
    const writer = new LineWriter(target);
    for (const file of files) {
      const name = path.relative(path.dirname(input), file);
      const chunks = createReadStream(file) as AsyncIterable<Buffer>;
      for await (const document of reader.read(chunks, settings)) {
        report.add(name, document);
        await writer.document(document, options.as);
      }
    }
    await writer.flush();
    await target.sync();
    await target.close();
    await rename(partial, out);
  } catch (error) {
    await target.close().catch(() => undefined);
    await rm(partial, { force: true });
    throw error;
  }
  report.tell(output, files.length);
  const held = options.strict === true && report.refused > 0;
  return held ? exitCodes.quarantineNotEmpty : exitCodes.ok;
}

/**
 * Ids are keyed digests: nobody can find a number by trying all of them. One key for this conversion
 * alone, unless the environment has one, by which later conversions give the same ids.
 */
function settingsOf(options: ConvertOptions, environment: Environment): ReaderSettings {
  const named = options.timeZone;
  const zone = named === undefined ? undefined : timeZone(named);
  if (named !== undefined && zone === undefined) {
    throw new HandoverError('time-zone-unknown', 'There is no time zone of that name.', {
      exitCode: exitCodes.usage,
      next: 'Name one of the IANA database, such as America/Chicago.',
    });
  }
  const secret = environment.HANDOVER_ID_KEY;
  const digest = hmacSha256Hex(secret === undefined ? systemRandom.bytes(32) : Buffer.from(secret));
  const identify = (key: string): string =>
    encodeBase32(Buffer.from(digest(key).slice(0, 32), 'hex'));
  return { identify, zone };
}

async function filesOf(input: string, reader: ConvertReader): Promise<string[]> {
  const found = await stat(input).catch((error: unknown) => {
    if (systemCode(error) !== 'ENOENT') throw error;
    throw new HandoverError('input-missing', `There is no file or folder ${input}.`, {
      exitCode: exitCodes.usage,
      next: 'Name the file or folder to convert first, then the file to write.',
    });
  });
  if (!found.isDirectory()) return [input];
  const entries = await readdir(input, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && reader.files.test(entry.name))
    .map((entry) => path.join(entry.parentPath, entry.name))
    .toSorted();
}

async function refuseExisting(out: string): Promise<void> {
  const there = await stat(out).catch(() => undefined);
  if (there === undefined) return;
  throw new HandoverError('output-exists', `${out} is there already, and stays as it is.`, {
    exitCode: exitCodes.usage,
    next: 'Name a new file, or remove that one.',
  });
}

/** Writes documents as lines, some at a time. */
class LineWriter {
  readonly #target: FileHandle;
  #piece = '';

  constructor(target: FileHandle) {
    this.#target = target;
  }

  async document({ resources }: ConvertedDocument, as: ConvertOptions['as']): Promise<void> {
    if (resources.length === 0) return;
    if (as === 'resources') {
      for (const resource of resources) this.#piece += `${JSON.stringify(resource)}\n`;
    } else {
      const entry = resources.map((resource) => ({ resource }));
      const bundle = { resourceType: 'Bundle', type: 'collection', entry };
      this.#piece += `${JSON.stringify(bundle)}\n`;
    }
    if (this.#piece.length >= pieceBytes) await this.flush();
  }

  async flush(): Promise<void> {
    if (this.#piece === '') return;
    await this.#target.appendFile(this.#piece);
    this.#piece = '';
  }
}

/** Places of refused documents that are told one by one. */
const mostPlaces = 1000;

/** What was converted, and what was not: counts and paths, no value. */
class ConvertReport {
  documents = 0;
  refused = 0;
  #resources = 0;
  readonly #unread = new Map<string, number>();
  readonly #issues = new Map<string, number>();
  readonly #places: { file: string; offset: number; reason: string }[] = [];

  add(file: string, { offset, resources, unread, issues, refused }: ConvertedDocument): void {
    this.documents++;
    this.#resources += resources.length;
    for (const place of unread) count(this.#unread, place);
    for (const issue of issues) count(this.#issues, `${issue.code} ${issue.path}`);
    if (refused === undefined) return;
    this.refused++;
    if (this.#places.length < mostPlaces) this.#places.push({ file, offset, reason: refused });
  }

  tell(output: Output, files: number): void {
    const unread = ranked(this.#unread).map(([place, documents]) => ({ path: place, documents }));
    const issues = ranked(this.#issues).map(([key, documents]) => {
      const [code = '', place = ''] = key.split(' ');
      return { code, path: place, documents };
    });
    const counts = {
      files,
      documents: this.documents,
      refused: this.refused,
      resources: this.#resources,
    };
    output.data(
      { format: 'handover-convert/1', ...counts, unread, issues, places: this.#places },
      () => [
        `${several(this.documents, 'document')} of ${several(files, 'file')}: ${counted(this.#resources)} resources, ${counted(this.refused)} refused`,
        ...this.#places.map(({ file, offset, reason }) => `  ${file} at byte ${offset}: ${reason}`),
        ...section(
          'Issues',
          ['code', 'path', 'documents'],
          issues.map((each) => [each.code, each.path, each.documents]),
        ),
        ...section(
          'Not read by any rule',
          ['path', 'documents'],
          unread.map((each) => [each.path, each.documents]),
        ),
      ],
    );
  }
}

function count(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

function ranked(counts: ReadonlyMap<string, number>): [string, number][] {
  return [...counts].toSorted(
    ([one, few], [other, many]) => many - few || one.localeCompare(other),
  );
}

function section(
  title: string,
  headings: readonly string[],
  rows: (string | number)[][],
): string[] {
  return rows.length === 0 ? [] : ['', `${title}:`, ...table(headings, rows)];
}
