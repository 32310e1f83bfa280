import type { AuditEvent } from '../../audit/auditEvent.ts';
import { signedNote } from '../../audit/signedNote.ts';
import { encodeBase32 } from '../../base/base32.ts';
import { systemClock } from '../../base/clock.ts';
import { HandoverError, exitCodes, type ExitCode } from '../../base/errors.ts';
import { systemRandom } from '../../base/random.ts';
import {
  approveErasure,
  askForErasure,
  erasureReason,
  erasureRecord,
  erasureRequest,
  erasureRequests,
  holdReason,
  legalHolds,
  placeLegalHold,
  releaseLegalHold,
  type ErasureRequest,
  type ErasureScope,
} from '../../ledger/erasures.ts';
import { openingOf } from '../../ledger/undo.ts';
import { listRuns } from '../../ledger/runs.ts';
import type { TargetId } from '../../model/target.ts';
import { chooseRun } from '../../run/begin.ts';
import { idToken } from '../../run/idToken.ts';
import { readRevision } from '../../run/revision.ts';
import { carryOutErasure } from '../../run/subjects/carryOut.ts';
import type { ErasedAtTarget, SanitisationRecord } from '../../run/subjects/sanitisation.ts';
import type { Database } from '../../store/database.ts';
import { auditLogOf, certificateIssuer, parcelsOf } from '../composition.ts';
import { counted, several, table, type Output } from '../output.ts';
import { openEmbeddedTarget } from '../patients.ts';
import type { Project } from '../project.ts';
import { confirmed } from './act.ts';
import { deciding, recordDecision } from './decide.ts';
import { withControl } from './look.ts';
import { patientsOf } from './subject.ts';

export interface ScopeOptions {
  patient?: string;
  run?: string;
  reason: string;
  as: string;
}

/** `handover erasure request`: ask that what is kept of a person, or of a run, be erased. */
export async function erasureRequestCommand(
  project: Project,
  output: Output,
  options: ScopeOptions,
): Promise<ExitCode> {
  return deciding(project, options, ['lead', 'compliance'], async (database, by, number) => {
    const what = await scopeOf(project, database, options, number);
    if (what === undefined) throw scopeMissing('--patient - or --run RUN');
    await recordDecision(project, database, by, 'Erasure');
    const reason = project.key.seal(Buffer.from(options.reason), erasureReason);
    const asked = { reason, author: by.name, at: systemClock.now() };
    const id = await database.transaction((transaction) => askForErasure(transaction, what, asked));
    output.data({ format: 'handover-erasure-request/1', request: id, scope: what.scope }, () => [
      `erasure ${id}: asked for by ${by.name}. Somebody else approves it: handover erasure approve ${id}`,
    ]);
    return exitCodes.ok;
  });
}

/** `handover erasure approve ID`: by somebody else than who asked. */
export async function erasureApproveCommand(
  project: Project,
  output: Output,
  id: string,
  options: { as: string },
): Promise<ExitCode> {
  return deciding(project, options, ['compliance', 'steward'], async (database, by) => {
    const request = await erasureRequest(database, id);
    if (request.author === by.name) throw isAuthor();
    await recordDecision(project, database, by, `ErasureApproval/${id}`);
    await database.transaction((transaction) =>
      approveErasure(transaction, request, { approver: by.name, at: systemClock.now() }),
    );
    output.data({ format: 'handover-erasure-approval/1', request: id, approver: by.name }, () => [
      `erasure ${id}: approved by ${by.name}`,
    ]);
    return exitCodes.ok;
  });
}

/** `handover erasure list`: what was asked for, by whom, and what was done. */
export async function erasureListCommand(project: Project, output: Output): Promise<ExitCode> {
  return withControl(project, async (database) => {
    const requests = (await erasureRequests(database)).map(shownRequest);
    output.data({ format: 'handover-erasures/1', erasures: requests }, () =>
      table(
        ['erasure', 'of', 'asked for by', 'approved by', 'erased'],
        requests.map(({ id, of, author, approvers, erasedAt }) => [
          id,
          of,
          author,
          approvers.join(', '),
          erasedAt ?? '',
        ]),
      ),
    );
    return exitCodes.ok;
  });
}

function shownRequest({ id, scope, run, subjects, author, approvers, ...at }: ErasureRequest) {
  const of = scope === 'run' ? `run ${run}` : subjects.map((one) => encodeBase32(one)).join(' ');
  return { id, scope, of, author, approvers, requestedAt: at.requestedAt, erasedAt: at.erasedAt };
}

/** `handover erasure show ID`: the signed sanitisation record. */
export async function erasureShowCommand(
  project: Project,
  output: Output,
  id: string,
): Promise<ExitCode> {
  return withControl(project, async (database) => {
    const { reason, ...request } = await erasureRequest(database, id);
    const record = await erasureRecord(database, id);
    const why = project.key.open(reason, erasureReason).toString('utf8');
    const shown = { ...shownRequest({ ...request, reason }), reason: why };
    output.data({ format: 'handover-erasure/1', ...shown, record: record ?? null }, () =>
      record === undefined ? ['It was not carried out yet.'] : record.trimEnd().split('\n'),
    );
    return exitCodes.ok;
  });
}

/** `handover erasure carry-out ID`: what was asked for and approved; it cannot be taken back. */
export async function erasureCarryOutCommand(
  project: Project,
  output: Output,
  id: string,
  { confirm, version }: { confirm?: string; version: string },
): Promise<ExitCode> {
  await confirmed(project, confirm);
  return withControl(project, async (database) => {
    const record = await carryOut(project, database, id, version);
    output.data(record, () => [
      `erased, in ${several(record.runs.length, 'run')}:`,
      ...record.media.map(
        ({ medium, place, count, method }) => `  ${counted(count)} ${medium} (${place}): ${method}`,
      ),
      'left:',
      ...record.left.map((line) => `  ${line}`),
      `The signed record: handover erasure show ${id}`,
    ]);
    return exitCodes.ok;
  });
}

/** Carry out an erasure that was approved; see `carryOutErasure`. */
export function carryOut(
  project: Project,
  database: Database,
  id: string,
  version: string,
): Promise<SanitisationRecord> {
  const { name, signer } = certificateIssuer(project);
  const audit = auditLogOf(project, database);
  return carryOutErasure(
    {
      database,
      parcels: parcelsOf(project, database),
      blobs: project.blobs,
      key: project.key,
      clock: systemClock,
      random: systemRandom,
      by: 'operator',
      tool: `handover ${version}`,
      record: (request) => audit.record(erasureEvents(request)),
      eraseAtTargets: (resources) => eraseAtTargets(project, database, resources),
      sign: (text) => signedNote(text, name, signer),
    },
    id,
  );
}

/** One event per patient, or one that names none, before anything goes. */
function erasureEvents({ id, subjects }: ErasureRequest): AuditEvent[] {
  const event = {
    instant: systemClock.now(),
    actor: 'operator',
    action: 'delete',
    outcome: 'attempted',
  } as const;
  if (subjects.length === 0) {
    return [{ ...event, resourceType: `Erasure/${id}`, resourceIds: [], patient: undefined }];
  }
  return subjects.map((token) => {
    const patient = encodeBase32(token);
    return { ...event, resourceType: 'Patient', resourceIds: [patient], patient };
  });
}

/** Embedded targets that are not open yet are Handover's own; every other one is a record of somebody's. */
async function eraseAtTargets(
  project: Project,
  database: Database,
  resources: readonly string[],
): Promise<{ erased: ErasedAtTarget[]; untouched: { target: string; reason: string }[] }> {
  const erased: ErasedAtTarget[] = [];
  const untouched: { target: string; reason: string }[] = [];
  const [run] = await listRuns(database);
  if (run === undefined || resources.length === 0) return { erased, untouched };
  const plan = await readRevision(database, project.key, run.revision);
  const ids = resources.map((name): TargetId => {
    const [type = '', id = ''] = name.split('/');
    return { type, id };
  });
  for (const [target, { kind, url }] of Object.entries(plan.document.targets)) {
    if (kind !== 'embedded') {
      untouched.push({ target, reason: 'its owner erases what it holds' });
    } else if ((await openingOf(database, target)) !== undefined) {
      untouched.push({ target, reason: 'it is open, and a legal record' });
    } else {
      const store = await openEmbeddedTarget(project, target, url);
      try {
        erased.push({ target, resources: ids.length, versions: await store.erase(ids) });
      } finally {
        await store.close();
      }
    }
  }
  return { erased, untouched };
}

/** `handover legal-hold place`: nothing of it is erased until the hold is released. */
export async function legalHoldPlaceCommand(
  project: Project,
  output: Output,
  options: ScopeOptions,
): Promise<ExitCode> {
  return deciding(project, options, ['compliance'], async (database, by, number) => {
    const what = (await scopeOf(project, database, options, number)) ?? { scope: 'project' };
    await recordDecision(project, database, by, 'LegalHold');
    const reason = project.key.seal(Buffer.from(options.reason), holdReason);
    const placed = { reason, by: by.name, at: systemClock.now() };
    const id = await database.transaction((transaction) =>
      placeLegalHold(transaction, what, placed),
    );
    output.data({ format: 'handover-legal-hold/1', hold: id, scope: what.scope }, () => [
      `legal hold ${id} on ${what.scope === 'project' ? 'the whole project' : `one ${what.scope}`}`,
    ]);
    return exitCodes.ok;
  });
}

/** `handover legal-hold release ID` */
export async function legalHoldReleaseCommand(
  project: Project,
  output: Output,
  id: string,
  options: { as: string },
): Promise<ExitCode> {
  return deciding(project, options, ['compliance'], async (database, by) => {
    await recordDecision(project, database, by, `LegalHoldRelease/${id}`);
    const at = systemClock.now();
    const released = await database.transaction((transaction) =>
      releaseLegalHold(transaction, id, { by: by.name, at }),
    );
    if (!released) throw holdUnknown();
    output.data({ format: 'handover-legal-hold-release/1', hold: id }, () => [
      `legal hold ${id} is released.`,
    ]);
    return exitCodes.ok;
  });
}

/** `handover legal-hold list` */
export async function legalHoldListCommand(project: Project, output: Output): Promise<ExitCode> {
  return withControl(project, async (database) => {
    const holds = (await legalHolds(database)).map(({ subjects, reason, ...hold }) => ({
      ...hold,
      patients: subjects.map((one) => encodeBase32(one)),
      reason: project.key.open(reason, holdReason).toString('utf8'),
    }));
    output.data({ format: 'handover-legal-holds/1', holds }, () =>
      table(
        ['hold', 'on', 'placed by', 'since', 'released'],
        holds.map(({ id, scope, run, patients, placedBy, placedAt, releasedAt }) => [
          id,
          run ?? (patients.join(' ') || scope),
          placedBy,
          placedAt,
          releasedAt ?? '',
        ]),
      ),
    );
    return exitCodes.ok;
  });
}

async function scopeOf(
  project: Project,
  database: Database,
  { patient, run }: Pick<ScopeOptions, 'patient' | 'run'>,
  number: string,
): Promise<ErasureScope | undefined> {
  if (patient !== undefined && run !== undefined) throw scopeMissing('one of --patient and --run');
  if (run !== undefined) return { scope: 'run', run: (await chooseRun(database, run)).id };
  if (patient === undefined) return undefined;
  const ids = await patientsOf(project, database, patient, number);
  return { scope: 'patient', subjects: ids.map(idToken) };
}

function scopeMissing(what: string): HandoverError {
  return new HandoverError('erasure-scope', 'What it is about is not said, or said twice.', {
    exitCode: exitCodes.usage,
    next: `Give ${what}.`,
  });
}

function isAuthor(): HandoverError {
  return new HandoverError('erasure-author', 'Who asked for an erasure does not approve it.', {
    exitCode: exitCodes.approvalNeeded,
    next: 'Let somebody else of compliance, or a steward, approve it.',
  });
}

function holdUnknown(): HandoverError {
  return new HandoverError('legal-hold-unknown', 'No legal hold of that number stands.', {
    exitCode: exitCodes.usage,
    next: 'See `handover legal-hold list`.',
  });
}
