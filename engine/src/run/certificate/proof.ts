import { HandoverError, exitCodes } from '../../base/errors.ts';
import { sha256 } from '../../base/digest.ts';
import { inclusionProof, leafHash } from '../../base/merkleTree.ts';
import type { AttestedBatch, ProvenEntry, RecordProof } from '../../contract/certificate.ts';
import type { ProjectKey } from '../../keys/projectKey.ts';
import { tokenOf } from '../../keys/stableId.ts';
import { attestedBatches } from '../../ledger/attested.ts';
import {
  digestBytes,
  tokenBytes,
  unpackContributions,
  type EntryPage,
} from '../../ledger/entries.ts';
import { findToken, pageOf, type EntryPlace } from '../../ledger/pages.ts';
import type { Queries } from '../../store/session.ts';

export interface ProofRequest {
  run: string;
  stream: string;
  /** The source key; it does not enter the proof. */
  sourceKey: string;
  /** What the item's holder calls it. */
  reference: string;
}

/**
 * Prove that one source item was read, that something was made of it, and that this was written: each
 * as an entry of a batch, and the batch as a leaf of the certified ledger.
 * @throws HandoverError `item-unknown` (exit 2)
 */
export async function proveRecord(
  reader: Queries,
  key: ProjectKey,
  { run, stream, sourceKey, reference }: ProofRequest,
): Promise<RecordProof> {
  const token = tokenOf(key.tag(stream, sourceKey));
  const found = await findToken(reader, run, token);
  const read = found.filter(
    (place) => place.key.stream === stream && place.key.phase === 'extract',
  );
  if (read.length === 0) throw itemUnknown(stream);
  const places = [...read, ...(await draftPlaces(reader, run, read))];
  const lines = await attestedBatches(reader, run);
  const hashes = lines.map((line) => leafHash(Buffer.from(line)));
  const placeOf = new Map(lines.map((line, at) => [nameOf(JSON.parse(line) as AttestedBatch), at]));
  const entries: ProvenEntry[] = [];
  for (const { key: batch, ordinal } of places) {
    const page = await pageOf(reader, batch);
    const at = placeOf.get(nameOf(batch));
    if (page === undefined || at === undefined) continue;
    entries.push({
      ...entryOf(page, ordinal),
      batch: lines[at] as string,
      batchPlace: at,
      batchPath: texts(inclusionProof(hashes, at)),
    });
  }
  return { format: 'handover-proof/1', run, reference, entries };
}

/** Where the drafts of these records stand: when they were made, and when they were written. */
async function draftPlaces(
  reader: Queries,
  run: string,
  records: readonly EntryPlace[],
): Promise<EntryPlace[]> {
  const places: EntryPlace[] = [];
  for (const { key, ordinal } of records) {
    const map = { ...key, phase: 'map' as const, target: '' };
    const page = await pageOf(reader, map);
    if (page === undefined) continue;
    for (const [at, from] of unpackContributions(page.contributions).entries()) {
      if (!from.includes(ordinal)) continue;
      places.push({ key: map, ordinal: at });
      const id = page.tokens.subarray(at * tokenBytes, (at + 1) * tokenBytes);
      const again = await findToken(reader, run, id);
      places.push(...again.filter((one) => one.key.phase === 'load'));
    }
  }
  return places;
}

function entryOf(
  page: EntryPage,
  ordinal: number,
): Pick<ProvenEntry, 'leaf' | 'place' | 'size' | 'path'> {
  const hashes = Array.from({ length: page.count }, (_, at) => leafHash(entryLeaf(page, at)));
  const { salt, token, digest } = entryParts(page, ordinal);
  return {
    leaf: {
      salt: salt.toString('base64'),
      token: token.toString('base64'),
      digest: digest.toString('base64'),
    },
    place: ordinal,
    size: page.count,
    path: texts(inclusionProof(hashes, ordinal)),
  };
}

/** As `entryRoot` makes it. */
function entryLeaf(page: EntryPage, at: number): Buffer {
  const { salt, token, digest } = entryParts(page, at);
  return sha256(Buffer.concat([salt, token, digest]));
}

function entryParts({ salts, tokens, digests }: EntryPage, at: number) {
  return {
    salt: salts.subarray(at * saltBytes, (at + 1) * saltBytes),
    token: tokens.subarray(at * tokenBytes, (at + 1) * tokenBytes),
    digest: digests.subarray(at * digestBytes, (at + 1) * digestBytes),
  };
}

const saltBytes = 16;

function texts(hashes: readonly Buffer[]): string[] {
  return hashes.map((hash) => hash.toString('base64'));
}

function nameOf({ phase, stream, target, slice, number }: Omit<AttestedBatch, 'root' | 'effect'>) {
  return JSON.stringify([phase, stream, target, slice, number]);
}

function itemUnknown(stream: string): HandoverError {
  return new HandoverError(
    'item-unknown',
    `The run read no source item of ${stream} with that key.`,
    {
      exitCode: exitCodes.usage,
      next: 'See what became of a key with `handover explain KEY`.',
    },
  );
}
