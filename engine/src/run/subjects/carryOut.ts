import { HandoverError, exitCodes } from '../../base/errors.ts';
import {
  closeRuns,
  erasureRequest,
  purgedRuns,
  recordErasure,
  refuseHeldByLaw,
  type ErasureRequest,
} from '../../ledger/erasures.ts';
import { recordErasedResources } from '../../ledger/erasedPersons.ts';
import { listRuns } from '../../ledger/runs.ts';
import { idToken } from '../idToken.ts';
import { heldOfSubject } from './access.ts';
import { eraseSubject, type ErasedOfSubject, type EraseServices } from './erase.ts';
import { subjectPlaces } from './places.ts';
import { purgeRun, type PurgedRun } from './purge.ts';
import {
  sanitisationRecord,
  type ErasedAtTarget,
  type SanitisationParts,
  type SanitisationRecord,
} from './sanitisation.ts';

export interface CarryOutServices extends EraseServices {
  /** Put on record that it begins; where that fails nothing is erased. */
  record(request: ErasureRequest): Promise<void>;
  /** Erase resources (`Type/id`) where Handover may, and tell where it may not. */
  eraseAtTargets(
    resources: readonly string[],
  ): Promise<{ erased: ErasedAtTarget[]; untouched: SanitisationParts['untouched'] }>;
  sign(text: string): string;
  by: string;
  tool: string;
}

/**
 * Carry out an erasure that somebody asked for and somebody else approved. Nothing goes before all of it
 * may: no legal hold, no run under way, and the log written. Done again after a crash it is finished.
 * @throws HandoverError `erasure-not-approved` (exit 9), `erasure-done` (exit 2), `legal-hold`,
 *   `run-under-way` (exit 4).
 */
export async function carryOutErasure(
  services: CarryOutServices,
  id: string,
): Promise<SanitisationRecord> {
  const { database, clock, key } = services;
  const request = await erasureRequest(database, id);
  if (request.erasedAt !== null) throw done();
  if (request.approvers.length === 0) throw notApproved();
  await refuseHeldByLaw(database, request);
  const runs = await runsOf(services, request);
  await services.record(request);
  await database.transaction((transaction) => closeRuns(transaction, request.id, runs));
  const { subjects, purged } = await erase(services, request, runs);
  const resources = new Set(subjects.flatMap((one) => one.resources));
  const { erased, untouched } = await services.eraseAtTargets([...resources]);
  // Rows that were replaced stand in the table's file until it is written anew.
  for (const table of ['parcel', 'joined_batch', 'charted', 'brought_chart']) {
    const sql = `vacuum full handover.${table}`;
    await database.commit({ name: '', sql, parameters: [] });
  }
  await proveGone(services, request, subjects);
  const at = clock.now();
  const record = sanitisationRecord({
    request,
    subjects,
    purged,
    targets: erased,
    untouched,
    by: services.by,
    at,
    tool: services.tool,
    keyFingerprint: key.fingerprint,
  });
  const note = services.sign(`${JSON.stringify(record, null, 2)}\n`);
  const gone = [...resources].map((name) => {
    const [type = '', resourceId = ''] = name.split('/');
    return { type, token: idToken(resourceId) };
  });
  await database.transaction(async (transaction) => {
    for (const { target } of erased) {
      await recordErasedResources(transaction, request.id, target, gone);
    }
    await recordErasure(transaction, request.id, at, note);
  });
  return record;
}

/** Runs that something will be erased of. */
async function runsOf(services: CarryOutServices, request: ErasureRequest): Promise<string[]> {
  const { database, parcels } = services;
  const all = (await listRuns(database)).filter(
    ({ id }) => request.scope === 'patient' || id === request.run,
  );
  const busy = all.find(({ state }) => state === 'running');
  if (busy !== undefined) throw underWay(busy.id);
  if (request.scope === 'run') return all.map(({ id }) => id);
  const holding: string[] = [];
  const purged = await purgedRuns(database);
  for (const { id } of all) {
    if (purged.has(id)) continue;
    const places = await subjectPlaces({ queries: database, parcels }, id, request.subjects);
    if (places.records.count + places.drafts.count > 0) holding.push(id);
  }
  return holding;
}

async function erase(
  services: CarryOutServices,
  request: ErasureRequest,
  runs: readonly string[],
): Promise<{ subjects: ErasedOfSubject[]; purged: PurgedRun | undefined }> {
  if (request.run !== null) {
    return { subjects: [], purged: await purgeRun(services, request.run) };
  }
  const subjects: ErasedOfSubject[] = [];
  for (const run of runs) subjects.push(await eraseSubject(services, run, request.subjects));
  return { subjects, purged: undefined };
}

/** What the record says was verified. @throws HandoverError `erasure-incomplete` (exit 8) */
async function proveGone(
  { database, parcels, blobs }: CarryOutServices,
  request: ErasureRequest,
  subjects: readonly ErasedOfSubject[],
): Promise<void> {
  for (const { run, former } of subjects) {
    for (const name of former) if ((await blobs.get(name)) !== undefined) throw incomplete();
    const services = { queries: database, parcels };
    const { records, drafts, before } = await heldOfSubject(services, run, request.subjects);
    const own = records.filter(({ shared }) => shared !== true);
    if (own.length + drafts.length + before.length > 0) throw incomplete();
  }
}

function notApproved(): HandoverError {
  return new HandoverError('erasure-not-approved', 'Nobody but its author wants this erased.', {
    exitCode: exitCodes.approvalNeeded,
    next: 'Somebody else approves it: `handover erasure approve ID --as NAME`. Nothing was erased.',
  });
}

function done(): HandoverError {
  return new HandoverError('erasure-done', 'This was erased already.', {
    exitCode: exitCodes.usage,
    next: 'See its record with `handover erasure show ID`.',
  });
}

function underWay(run: string): HandoverError {
  return new HandoverError('run-under-way', `Run ${run} is under way; nothing was erased.`, {
    exitCode: exitCodes.gateNotMet,
    next: 'Let it end, or stop it, then do this again.',
  });
}

function incomplete(): HandoverError {
  return new HandoverError('erasure-incomplete', 'Something that was erased is still there.', {
    exitCode: exitCodes.integrityBroken,
    next: 'Nothing was recorded as erased. Check the blob store, then carry it out again.',
  });
}
