import { gunzipSync } from 'node:zlib';
import type { Definitions } from './store.ts';

/** What a package says of itself, and what was taken from it. */
export interface LoadedPackage {
  name: string;
  version: string;
  /** Structures, value sets and code systems. */
  definitions: number;
}

/** The bytes are not those of a package of an implementation guide. */
export class PackageError extends Error {
  constructor(problem: string) {
    super(`not a FHIR package: ${problem}`);
    this.name = 'PackageError';
  }
}

const largestPackage = 1024 * 1024 * 1024;
const block = 512;

/**
 * Take the definitions of a FHIR package: a gzipped tar in the layout of NPM, its resources in
 * `package/` (FHIR NPM package specification). Examples and what is no JSON are passed over.
 * @throws PackageError
 */
export function loadPackage(bytes: Uint8Array, definitions: Definitions): LoadedPackage {
  const loaded: LoadedPackage = { name: '', version: '', definitions: 0 };
  for (const [name, json] of packageFiles(bytes)) {
    if (name === 'package.json') Object.assign(loaded, manifestOf(json));
    else if (definitions.add(json)) loaded.definitions++;
  }
  if (loaded.name === '') throw new PackageError('it has no package/package.json');
  return loaded;
}

/**
 * Names and contents of the JSON files of a package.
 * @throws PackageError
 */
export function* packageFiles(bytes: Uint8Array): Generator<[name: string, json: unknown]> {
  let tar: Buffer;
  try {
    tar = gunzipSync(bytes, { maxOutputLength: largestPackage });
  } catch {
    throw new PackageError('it cannot be unpacked as gzip, or is larger than 1 GB');
  }
  for (const { path, content } of filesOf(tar)) {
    const name = /^package\/([^/]+\.json)$/.exec(path)?.[1];
    if (name !== undefined && !name.startsWith('.')) yield [name, parsed(content, path)];
  }
}

function manifestOf(json: unknown): Pick<LoadedPackage, 'name' | 'version'> {
  const { name, version } = (json ?? {}) as { name?: unknown; version?: unknown };
  const text = (value: unknown): string => (typeof value === 'string' ? value : '');
  return { name: text(name), version: text(version) };
}

function parsed(content: Buffer, path: string): unknown {
  try {
    return JSON.parse(content.toString('utf8').replace(/^\uFEFF/, ''));
  } catch {
    throw new PackageError(`${path} is no JSON`);
  }
}

/** Regular files of a tar archive (POSIX.1-1988 ustar, and long names of pax and GNU). */
function* filesOf(tar: Buffer): Generator<{ path: string; content: Buffer }> {
  let longName: string | undefined;
  for (let at = 0; at + block <= tar.length && tar[at] !== 0;) {
    const size = Number.parseInt(textAt(tar, at + 124, 12), 8);
    if (!Number.isSafeInteger(size) || size < 0 || at + block + size > tar.length) {
      throw new PackageError('its tar is cut off or damaged');
    }
    const content = tar.subarray(at + block, at + block + size);
    const type = String.fromCharCode(tar[at + 156] ?? 0);
    const prefix = textAt(tar, at + 257, 5) === 'ustar' ? textAt(tar, at + 345, 155) : '';
    const name = textAt(tar, at, 100);
    if (type === 'x') longName = /(?:^|\n)\d+ path=([^\n]+)\n/.exec(content.toString('utf8'))?.[1];
    else if (type === 'L') longName = content.toString('utf8').replace(/\0+$/, '');
    else {
      const path = longName ?? (prefix === '' ? name : `${prefix}/${name}`);
      longName = undefined;
      if (type === '0' || type === '\0') yield { path, content };
    }
    at += block + Math.ceil(size / block) * block;
  }
}

function textAt(tar: Buffer, start: number, length: number): string {
  const bytes = tar.subarray(start, start + length);
  const end = bytes.indexOf(0);
  return bytes.toString('utf8', 0, end < 0 ? length : end).trim();
}
