import { parseJson, type JsonObject } from '../../base/json.ts';
import { exceptionsOf } from '../../ledger/exceptions.ts';
import { pageOf, patientBatches } from '../../ledger/pages.ts';
import { roundOf } from '../../ledger/rounds.ts';
import { supersededOf } from '../../ledger/replays.ts';
import { listRuns } from '../../ledger/runs.ts';
import type { BatchKey } from '../../ledger/workUnit.ts';
import { typeAt } from '../../ledger/entries.ts';
import { itemAt } from '../../staging/packedItems.ts';
import type { Database } from '../../store/database.ts';
import type { Queries } from '../../store/session.ts';
import { unpackDrafts } from '../drafts.ts';
import { existingPatients } from '../existing/existingPatients.ts';
import { idAt } from '../idToken.ts';
import type { Parcels } from '../parcels.ts';

/** A Patient that a record of a stream makes, as it was mapped, or one that a target had of its own. */
export interface StandingPatient {
  id: string;
  run: string;
  stream: string;
  /** The round of its run in which it was mapped. */
  round: number;
  patient: JsonObject;
  /** Labels and restrictions of the draft. */
  guards: readonly string[];
  /** Messages told of it as of two people, one after the other. */
  overwritten?: boolean;
  /** A target had it of its own when the run read it. */
  existing?: true;
}

export interface PatientServices {
  database: Database;
  parcels: Parcels;
}

/**
 * Every Patient that stands, batch by batch: those that targets had of their own when the run read them, then
 * those of the run ('': of none before the others), then those of earlier runs that have not been undone and
 * that no later run made again. What is held, or was mapped again since, does not.
 */
export async function* standingPatients(
  { database, parcels }: PatientServices,
  run: string,
  takesPart: (stream: string) => boolean,
): AsyncGenerator<StandingPatient[]> {
  const others = (await listRuns(database)).filter(
    ({ id, state }) => id !== run && state !== 'undone',
  );
  const seen = new Set<string>();
  for await (const batch of run === '' ? [] : existingPatients({ database, parcels }, run)) {
    yield batch.map((one) => ({ ...one, run, round: 0, guards: [], existing: true }));
  }
  for (const id of [...(run === '' ? [] : [run]), ...others.map((one) => one.id)]) {
    for (const key of await patientBatches(database, id)) {
      if (!takesPart(key.stream)) continue;
      const found = await patientsOf({ database, parcels }, key);
      const fresh = found.filter((one) => !seen.has(one.id));
      for (const one of fresh) seen.add(one.id);
      if (fresh.length > 0) yield fresh;
    }
  }
}

/** Ids of the Patients of a run that stand. */
export async function standingIds(
  database: Queries,
  run: string,
  takesPart: (stream: string) => boolean,
): Promise<Set<string>> {
  const ids = new Set<string>();
  for (const key of await patientBatches(database, run)) {
    const page = takesPart(key.stream) ? await pageOf(database, key) : undefined;
    if (page === undefined) continue;
    const gone = await goneFrom(database, key);
    for (let at = 0; at < page.count; at++) {
      if (typeAt(page, at) === 'Patient' && !gone.has(at)) ids.add(idAt(page.tokens, at));
    }
  }
  return ids;
}

/** Ordinals of the drafts of a mapped batch that are held, or were mapped again since. */
async function goneFrom(database: Queries, key: BatchKey): Promise<Set<number>> {
  const held = await exceptionsOf(database, { ...key, phase: 'check' });
  return new Set([...(await supersededOf(database, key)), ...held.map(({ ordinal }) => ordinal)]);
}

async function patientsOf(
  { database, parcels }: PatientServices,
  key: BatchKey,
): Promise<StandingPatient[]> {
  const page = await pageOf(database, key);
  const items = await parcels.read(key, 'drafts');
  if (page === undefined || items === undefined) return [];
  const drafts = unpackDrafts(items);
  const gone = await goneFrom(database, key);
  return drafts.ids.flatMap((id, at) => {
    if (typeAt(page, at) !== 'Patient' || gone.has(at)) return [];
    const guards = drafts.guards?.[at] ?? [];
    const patient = parseJson(itemAt(drafts.bodies, at).toString('utf8')) as JsonObject;
    return [{ id, run: key.run, stream: key.stream, round: roundOf(key.slice), patient, guards }];
  });
}
