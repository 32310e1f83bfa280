import { sha256Hex } from '../../base/digest.ts';
import {
  approversNeeded,
  type Approval,
  type Criterion,
  type GateState,
  type Waiver,
  type WireException,
} from '../../contract/gates.ts';
import type { GateRequest, KeptApproval, KeptWaiver } from '../../ledger/gates.ts';

export interface GateParts {
  gate: string;
  request: GateRequest | undefined;
  criteria: readonly Criterion[];
  approvals: readonly KeptApproval[];
  waivers: readonly KeptWaiver[];
  exceptions: readonly WireException[];
  opening: { openedAt: string; openedBy: string } | undefined;
  now: Date;
}

/** What a gate is at, from what is on record. Pure: the certificate's verifier comes to the same. */
export function gateState(parts: GateParts): GateState {
  const { gate, request, criteria, opening } = parts;
  // What counted when the target was opened is not undone by a waiver that has ended since.
  const now = opening === undefined ? parts.now : new Date(opening.openedAt);
  const waivers = parts.waivers.map((waiver): Waiver => {
    const criterion = criteria.find(({ id }) => id === waiver.criterion);
    const mayWaive = criterion?.waivable === true && criterion.owner === waiver.owner;
    const counts = mayWaive && waiver.expiresAt > now.toISOString();
    return { ...waiver, counts };
  });
  const evidence = evidenceDigest(gate, request, criteria, waivers);
  const waiving = new Set(waivers.filter(({ counts }) => counts).map(({ owner }) => owner));
  const approvals = parts.approvals.map(({ approver, approvedAt, evidence: seen }): Approval => ({
    approver,
    approvedAt,
    counts: seen === evidence && approver !== request?.author && !waiving.has(approver),
  }));
  const missing = whatIsMissing(request, criteria, waivers, approvals);
  const word = missing.length === 0 ? 'open' : 'shut';
  return {
    format: 'handover-gate/1',
    gate,
    state: opening !== undefined ? 'passed' : request === undefined ? 'not asked for' : word,
    missing: opening === undefined ? missing : [],
    ...(request && {
      run: request.run,
      author: request.author,
      requestedAt: request.requestedAt,
    }),
    evidence,
    criteria,
    approvals,
    waivers,
    exceptions: parts.exceptions,
    ...(opening && { passedAt: opening.openedAt, passedBy: opening.openedBy }),
  };
}

function whatIsMissing(
  request: GateRequest | undefined,
  criteria: readonly Criterion[],
  waivers: readonly Waiver[],
  approvals: readonly Approval[],
): string[] {
  if (request === undefined) return ['nobody has asked for it'];
  const waived = new Set(waivers.filter(({ counts }) => counts).map(({ criterion }) => criterion));
  const unmet = criteria
    .filter(({ id, met }) => !met && !waived.has(id))
    .map(({ id, words, goal, found }) => `${id}: ${words}; found ${found}, allowed ${goal}`);
  const approvers = new Set(
    approvals.filter(({ counts }) => counts).map(({ approver }) => approver),
  );
  const lacking = approversNeeded - approvers.size;
  if (lacking <= 0) return unmet;
  return [...unmet, `${lacking} more of ${approversNeeded} approvals on what stands now`];
}

/** What an approver approves: the criteria with what was found, and the waivers that count. */
export function evidenceDigest(
  gate: string,
  request: Pick<GateRequest, 'run'> | undefined,
  criteria: readonly Criterion[],
  waivers: readonly Waiver[],
): string {
  const found = criteria.map(({ id, goal, found: count }) => [id, goal, count]);
  const waived = waivers
    .filter(({ counts }) => counts)
    .map(({ criterion, owner, reason, expiresAt }) => [criterion, owner, reason, expiresAt]);
  return sha256Hex(JSON.stringify([gate, request?.run ?? '', found, waived]));
}
