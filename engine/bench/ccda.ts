import { globSync, readFileSync } from 'node:fs';
import * as path from 'node:path';
import { fileURLToPath } from 'node:url';
import { convertCcdaToFhir, convertXmlToCcda } from '@medplum/ccda';
import { sha256Hex } from '../src/base/digest.ts';
import { parseCda } from '../src/formats/cda.ts';
import { convertCda } from '../src/mapping/library/ccda/convert.ts';
import { rate } from './rate.ts';
import { benchResult, median, rounded, type BenchResult } from './result.ts';

const rounds = 5;

/**
 * C-CDA, one thread: bytes of a document to FHIR resources, beside `@medplum/ccda` on the documents
 * that it converts without throwing. Ours also keeps every narrative, tells what nobody read, and
 * makes more resources of the same document.
 */
export function benchCcda(): BenchResult {
  const documents = documentsOf();
  const both = documents.filter((bytes) => isConvertedByPeer(bytes.toString()));
  const texts = both.map((bytes) => bytes.toString());
  const identify = (key: string): string => sha256Hex(key).slice(0, 32);
  const convert = (bytes: Buffer): number => {
    const roots = parseCda(bytes);
    return 'code' in roots
      ? 0
      : convertCda(roots, undefined, { identify, zone: undefined }).resources.length;
  };
  let made = 0;
  const ours: number[] = [];
  const peer: number[] = [];
  const parsed: number[] = [];
  for (let round = 0; round < rounds; round++) {
    ours.push(rate(both, (bytes) => (made += convert(bytes))));
    peer.push(rate(texts, (text) => (made += convertPeer(text))));
    parsed.push(rate(both, (bytes) => (made += 'code' in parseCda(bytes) ? 0 : 1)));
  }
  const bytes = both.reduce((sum, { length }) => sum + length, 0) / both.length;
  const count = (run: (at: number) => number): number =>
    both.reduce((sum, _, at) => sum + run(at), 0);
  return benchResult({
    bench: 'ccda',
    compared: 'documents to FHIR resources, beside @medplum/ccda on those that both convert',
    ratio: rounded(median(ours) / median(peer)),
    goal: { least: 5 },
    figures: {
      documents: documents.length,
      'converted by both': both.length,
      'converted a second': Math.round(median(ours)),
      'converted a second by @medplum/ccda': Math.round(median(peer)),
      'read as XML, MB a second': rounded((median(parsed) * bytes) / 1e6),
      'resources of ours': count((at) => convert(both[at] as Buffer)),
      'resources of @medplum/ccda': count((at) => convertPeer(texts[at] as string)),
    },
  });
}

function documentsOf(): Buffer[] {
  const beside = fileURLToPath(new URL('../../../shared/data', import.meta.url));
  const folder = path.join(process.env['HANDOVER_SHARED'] ?? beside, 'ccda');
  return globSync('**/*.{ccda,xml}', { cwd: folder })
    .toSorted()
    .map((name) => readFileSync(path.join(folder, name)))
    .filter((bytes) => bytes.includes('<ClinicalDocument'));
}

function convertPeer(text: string): number {
  return convertCcdaToFhir(convertXmlToCcda(text)).entry?.length ?? 0;
}

function isConvertedByPeer(text: string): boolean {
  try {
    return convertPeer(text) > 0;
  } catch {
    return false;
  }
}
