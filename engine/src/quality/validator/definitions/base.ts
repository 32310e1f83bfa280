import { Buffer } from 'node:buffer';
import { brotliDecompressSync } from 'node:zlib';
import packed from './r4.json' with { type: 'json' };
import { Definitions } from './store.ts';

let base: Definitions | undefined;

/** The definitions of FHIR R4 itself: types, profiles, extensions, value sets and code systems. */
export function baseDefinitions(): Definitions {
  if (base === undefined) {
    base = new Definitions();
    const bytes = brotliDecompressSync(Buffer.from(packed.brotli, 'base64'));
    base.addLines(bytes.toString('utf8'));
  }
  return base;
}
