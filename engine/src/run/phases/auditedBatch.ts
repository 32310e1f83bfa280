import type { BatchRecorder } from '../../audit/batchRecorder.ts';
import type { AuditBatch, BatchItems } from '../../audit/batches.ts';
import { emptyPage, entryRoot, type EntryPage } from '../../ledger/entries.ts';
import type { IntendedIds } from '../../ledger/intents.ts';
import type { BatchKey } from '../../ledger/workUnit.ts';
import type { Clock } from '../../base/clock.ts';
import { subjectOf, type DraftColumns } from '../drafts.ts';
import { idTokens } from '../idToken.ts';

/** What a phase puts its batches on record with. */
export interface Recording {
  clock: Clock;
  audit: BatchRecorder;
}

/** What is about to be written to a target, or taken out of it: on record with the intent. */
export function intendedBatch(
  { clock }: Pick<Recording, 'clock'>,
  action: 'load' | 'delete',
  key: BatchKey,
  drafts: DraftColumns,
  intended: { ordinals: readonly number[]; ids: IntendedIds },
): AuditBatch {
  return {
    instant: clock.now(),
    action,
    outcome: 'attempted',
    ...placeOf(key),
    system: key.target,
    items: byPatient(drafts, intended),
  };
}

/** What was read from a source: whose it is, nobody knows yet. The entries of the batch say which records. */
export function extractedBatch(
  { clock }: Pick<Recording, 'clock'>,
  key: BatchKey,
  source: string,
  entries: EntryPage,
): AuditBatch {
  const { tokens, digests, types, typeOf } = emptyPage;
  return {
    instant: clock.now(),
    action: 'extract',
    outcome: 'disclosed',
    ...placeOf(key),
    system: source,
    items: {
      count: entries.count,
      patients: tokens,
      counts: digests,
      ids: tokens,
      types,
      typeOf,
      root: entryRoot(entries),
    },
  };
}

function placeOf({ run, stream, slice, number }: BatchKey) {
  return { run, stream, slice, number };
}

/** Drafts sorted by the patient they are about; those about none at the end. */
function byPatient(
  drafts: DraftColumns,
  { ordinals, ids }: { ordinals: readonly number[]; ids: IntendedIds },
): BatchItems {
  const count = ordinals.length;
  const places = new Map<string, number>();
  const patientOf = new Int32Array(count);
  for (const [item, at] of ordinals.entries()) {
    const subject = subjectOf(drafts, at);
    let place = subject === undefined ? -1 : places.get(subject);
    if (place === undefined) places.set(subject as string, (place = places.size));
    patientOf[item] = place;
  }
  const counts = new Uint32Array(places.size + 1);
  for (const place of patientOf) counts[place < 0 ? places.size : place]!++;
  const next = new Uint32Array(counts.length);
  for (let place = 1; place < next.length; place++) {
    next[place] = next[place - 1]! + counts[place - 1]!;
  }
  const tokens = Buffer.allocUnsafe(count * 16);
  const typeOf = Buffer.allocUnsafe(count);
  for (let item = 0; item < count; item++) {
    const place = patientOf[item]!;
    const to = next[place < 0 ? places.size : place]!++;
    ids.tokens.copy(tokens, to * 16, item * 16, item * 16 + 16);
    typeOf[to] = ids.typeOf[item]!;
  }
  const packed = Buffer.alloc(places.size * 4);
  for (let place = 0; place < places.size; place++) packed.writeUInt32LE(counts[place]!, place * 4);
  return {
    count,
    patients: idTokens([...places.keys()]),
    counts: packed,
    ids: tokens,
    types: ids.types,
    typeOf,
    root: emptyPage.digests,
  };
}
