import type { Clock } from '../../base/clock.ts';
import { exitCodes, HandoverError } from '../../base/errors.ts';
import type { Principal, Role } from '../../contract/access.ts';
import type { Criterion, GateState, WireException } from '../../contract/gates.ts';
import type { ProjectKey } from '../../keys/projectKey.ts';
import {
  approvalsOf,
  askForGate,
  holdGate,
  newestRequest,
  recordApproval,
  recordWaiver,
  waiversOf,
} from '../../ledger/gates.ts';
import { sampleStateOf } from '../../ledger/samples.ts';
import { findRun, listRuns, type Run } from '../../ledger/runs.ts';
import { openingOf, recordOpening } from '../../ledger/undo.ts';
import type { Database } from '../../store/database.ts';
import type { Queries, Transaction } from '../../store/session.ts';
import { buildReport } from '../report/build.ts';
import { exceptionsOf } from '../plan/wires.ts';
import { readRevision } from '../revision.ts';
import { openingCriteria } from './criteria.ts';
import { gateState } from './gateState.ts';

export interface GateServices {
  database: Database;
  key: ProjectKey;
  clock: Clock;
  /** Put a decision on record; where that fails nothing is decided. */
  record(actor: string, what: string): Promise<void>;
}

/** The gate before a target is opened to its users. */
export function openingGate(target: string): string {
  return `open:${target}`;
}

const gateForm = /^open:([A-Za-z0-9][\w.-]{0,63})$/;

/** The target that a gate opens. @throws HandoverError `gate-unknown` (exit 2) */
export function targetOfGate(gate: string): string {
  const target = gateForm.exec(gate)?.[1];
  if (target !== undefined) return target;
  throw new HandoverError('gate-unknown', 'There is no such gate.', {
    exitCode: exitCodes.usage,
    next: 'Gates are called `open:TARGET`: see `handover gate list`.',
  });
}

/** A gate as it stands; of one that nobody asked for, as it would stand on the newest run. */
export async function lookAtGate(
  services: GateServices,
  reader: Queries,
  gate: string,
): Promise<GateState> {
  const target = targetOfGate(gate);
  const request = await newestRequest(reader, gate);
  const run =
    request === undefined ? (await listRuns(reader))[0] : await findRun(reader, request.run);
  const judged = run === undefined ? undefined : await criteriaOf(services, reader, run, target);
  return gateState({
    gate,
    request,
    criteria: judged?.criteria ?? [],
    exceptions: judged?.exceptions ?? [],
    approvals: request === undefined ? [] : await approvalsOf(reader, request.id),
    waivers: request === undefined ? [] : await waiversOf(reader, gate, request.run),
    opening: await openingOf(reader, target),
    now: services.clock.now(),
  });
}

/** The opening gates of some targets, one after another: a snapshot is one connection. */
export async function gatesOf(
  services: GateServices,
  reader: Queries,
  targets: readonly string[],
): Promise<GateState[]> {
  const gates: GateState[] = [];
  for (const target of targets) {
    gates.push(await lookAtGate(services, reader, openingGate(target)));
  }
  return gates;
}

/** @throws HandoverError `gate-unknown` for a target that the run's plan has not. */
async function criteriaOf(
  { key, clock }: GateServices,
  reader: Queries,
  run: Run,
  target: string,
): Promise<{ criteria: Criterion[]; exceptions: WireException[] }> {
  const text = await readRevision(reader, key, run.revision);
  if (text.document.targets[target] === undefined) {
    throw new HandoverError('gate-unknown', 'The plan of the run has no such target.', {
      exitCode: exitCodes.usage,
      next: `Targets are: ${Object.keys(text.document.targets).join(', ')}.`,
    });
  }
  const report = await buildReport(reader, run, text);
  const samples = await sampleStateOf(reader, run.id, target);
  const today = clock.now().toISOString().slice(0, 10);
  const plan = text.document;
  const criteria = openingCriteria({ target, report, plan, samples, today });
  return { criteria, exceptions: exceptionsOf(plan) };
}

/** Ask for a gate on what a run did: who asks is its author, and never approves it. */
export async function requestGate(
  services: GateServices,
  principal: Principal,
  gate: string,
  runId: string,
): Promise<GateState> {
  requireRole(principal, ['lead'], 'ask for a gate');
  return decide(services, gate, async (transaction) => {
    const run = isUuid(runId) ? await findRun(transaction, runId) : undefined;
    if (run === undefined) throw runUnknown();
    await criteriaOf(services, transaction, run, targetOfGate(gate));
    await refusePassed(transaction, gate);
    await services.record(principal.name, `Gate/${gate}`);
    const at = services.clock.now();
    await askForGate(transaction, { gate, run: run.id, author: principal.name, at });
  });
}

/**
 * Approve a gate as it stands. `evidence` is what the approver saw: if something has changed since,
 * nothing is approved.
 * @throws HandoverError `gate-author`, `gate-changed`, `gate-not-asked` (exit 4)
 */
export async function approveGate(
  services: GateServices,
  principal: Principal,
  gate: string,
  evidence: string,
): Promise<GateState> {
  requireRole(principal, ['clinician', 'compliance', 'steward'], 'approve a gate');
  return decide(services, gate, async (transaction) => {
    const state = await lookAtGate(services, transaction, gate);
    const request = await newestRequest(transaction, gate);
    if (request === undefined) throw shut('gate-not-asked', 'Nobody has asked for this gate.');
    await refusePassed(transaction, gate);
    if (request.author === principal.name || hasWaived(state, principal.name)) {
      throw shut('gate-author', 'Who asked for a gate, or waived part of it, does not approve it.');
    }
    if (state.evidence !== evidence) {
      throw shut('gate-changed', 'What the gate rests on has changed since you looked.');
    }
    await services.record(principal.name, `Approval/${gate}`);
    const at = services.clock.now();
    await recordApproval(transaction, request, { approver: principal.name, evidence, at });
  });
}

/** Anything else would be a mistake to PostgreSQL, and not an answer. */
function isUuid(text: string): boolean {
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text);
}

function hasWaived({ waivers }: GateState, name: string): boolean {
  return waivers.some(({ owner, counts }) => counts && owner === name);
}

export interface WaiverWish {
  criterion: string;
  reason: string;
  /** The last day it counts for, `2026-12-31`. */
  expires: string;
}

const longestWaiverMs = 366 * 86_400_000;

/**
 * Waive a criterion of a domain of one's own, for a while and with a reason that stands on the certificate.
 * @throws HandoverError `waiver-refused` (exit 4)
 */
export async function waiveCriterion(
  services: GateServices,
  principal: Principal,
  gate: string,
  { criterion: id, reason, expires }: WaiverWish,
): Promise<GateState> {
  return decide(services, gate, async (transaction) => {
    const state = await lookAtGate(services, transaction, gate);
    const { run, author } = state;
    if (run === undefined) throw shut('gate-not-asked', 'Nobody has asked for this gate.');
    await refusePassed(transaction, gate);
    const criterion = state.criteria.find((one) => one.id === id);
    judgeWaiver(criterion, principal, author);
    const at = services.clock.now();
    const expiresAt = new Date(`${expires}T23:59:59Z`);
    if (reason.trim().length < 10 || reason.length > 300) {
      throw refused('A waiver needs a reason of 10 to 300 characters.');
    }
    const lastsMs = expiresAt.getTime() - at.getTime();
    if (!(lastsMs > 0 && lastsMs <= longestWaiverMs)) {
      throw refused('A waiver ends on a day of the coming year.');
    }
    await services.record(principal.name, `Waiver/${gate}`);
    const waiver = { gate, run, criterion: id, owner: principal.name, reason, at, expiresAt };
    await recordWaiver(transaction, waiver);
  });
}

function judgeWaiver(
  criterion: Criterion | undefined,
  { name, kind }: Principal,
  author: string | undefined,
): void {
  if (criterion === undefined) throw refused('The gate has no such criterion.');
  if (!criterion.waivable) {
    throw refused('Nobody may waive this: it would let harm to a patient, or false money, pass.');
  }
  if (kind !== 'person' || criterion.owner !== name) {
    throw refused('Only the owner of the domain, as the plan names them, may waive this.');
  }
  if (author === name) throw refused('Who asks for a gate waives nothing of it.');
}

/**
 * Open a target to its users, if its gate is open at this moment; of two who try at once, one does.
 * @returns false: it was open already.
 * @throws HandoverError `gate-shut` (exit 4) with everything that is missing.
 */
export async function openThroughGate(
  services: GateServices,
  who: string,
  target: string,
): Promise<boolean> {
  const gate = openingGate(target);
  return services.database.transaction(async (transaction) => {
    await holdGate(transaction, gate);
    const state = await lookAtGate(services, transaction, gate);
    if (state.state === 'passed') return false;
    if (state.state !== 'open') throw gateShut(state);
    const request = await newestRequest(transaction, gate);
    await services.record(who, `Opening/${gate}`);
    return recordOpening(transaction, target, who, request?.id);
  });
}

function gateShut({ gate, missing }: GateState): HandoverError {
  const rest = missing.slice(0, 12).map((line) => `  ${line}`);
  return new HandoverError('gate-shut', `The gate ${gate} is shut:\n${rest.join('\n')}`, {
    exitCode: exitCodes.gateNotMet,
    next: `Nothing was opened. See \`handover gate show ${gate}\`.`,
  });
}

async function decide(
  services: GateServices,
  gate: string,
  work: (transaction: Transaction) => Promise<void>,
): Promise<GateState> {
  return services.database.transaction(async (transaction) => {
    await holdGate(transaction, gate);
    await work(transaction);
    return lookAtGate(services, transaction, gate);
  });
}

/** Machines and the host decide nothing: a decision is a person's, whom others can ask about it. */
function requireRole({ kind, roles }: Principal, wanted: readonly Role[], what: string): void {
  if (kind === 'person' && roles.some((role) => wanted.includes(role))) return;
  throw new HandoverError('role-missing', `Your roles do not let you ${what}.`, {
    exitCode: exitCodes.approvalNeeded,
    next: `It takes one of: ${wanted.join(', ')}.`,
  });
}

async function refusePassed(reader: Queries, gate: string): Promise<void> {
  if ((await openingOf(reader, targetOfGate(gate))) === undefined) return;
  throw shut('gate-passed', 'The target is open already; nothing more is decided on it.');
}

function shut(code: string, message: string): HandoverError {
  return new HandoverError(code, message, {
    exitCode: exitCodes.gateNotMet,
    next: 'Nothing was decided. See `handover gate show`.',
  });
}

function refused(message: string): HandoverError {
  return shut('waiver-refused', message);
}

function runUnknown(): HandoverError {
  return new HandoverError('run-unknown', 'There is no such run in this project.', {
    exitCode: exitCodes.usage,
    next: 'See the runs with `handover status`, or begin one with `handover run`.',
  });
}
