import { sha256Hex } from '../../base/digest.ts';
import { leafHash, treeRoot } from '../../base/merkleTree.ts';
import type { Certificate, CertifiedGate, DecidedItems } from '../../contract/certificate.ts';
import type { GateState } from '../../contract/gates.ts';
import type { DispositionLine, RunReport, TrialBalance } from '../../contract/report.ts';
import { evidenceNotice } from '../../contract/words.ts';
import type { ProjectFiles } from '../plan/read.ts';

export interface CertificateParts {
  issuedAt: Date;
  report: RunReport;
  /** Of the revision the run was pinned to. */
  files: ProjectFiles;
  /** `attestedBatches` of the run, on the snapshot the report was drawn up from. */
  batches: readonly string[];
  /** As they stand; those of other runs, and those nobody asked for, are left out. */
  gates: readonly GateState[];
  audit: Certificate['audit'];
}

/** Draw up the certificate of a run. Pure: whoever has the same parts gets the same text. */
export function certificateText(parts: CertificateParts): string {
  return `${written(certificateOf(parts), 0)}\n`;
}

/**
 * The one way a certificate is written, and the verifier accepts: what stands three levels deep is one
 * line each, so that it can be read and does not grow with its spaces.
 */
function written(value: unknown, depth: number): string {
  const inner = typeof value === 'object' && value !== null ? Object.entries(value) : [];
  if (depth === 3 || inner.length === 0) return JSON.stringify(value);
  const isList = Array.isArray(value);
  const lines = inner
    .filter(([, each]) => each !== undefined)
    .map(([name, each]) => {
      const text = written(each, depth + 1);
      return `${' '.repeat(depth + 1)}${isList ? text : `${JSON.stringify(name)}: ${text}`}`;
    });
  const [open, close] = isList ? '[]' : '{}';
  return `${open}\n${lines.join(',\n')}\n${' '.repeat(depth)}${close}`;
}

function certificateOf(parts: CertificateParts): Certificate {
  const { issuedAt, report, files, batches, gates, audit } = parts;
  return {
    format: 'handover-certificate/1',
    notice: evidenceNotice,
    issuedAt: issuedAt.toISOString(),
    report: {
      ...report,
      findings: report.findings.map(({ samples: _samples, ...line }) => line),
      dispositions: groupedDispositions(report.dispositions),
      trialBalances: report.trialBalances.map(withTotals),
    },
    plan: { revision: report.run.revision, files: fileDigests(files) },
    ledger: { batches: batches.length, root: rootOf(batches) },
    gates: gates.filter(({ run }) => run === report.run.id).map(certifiedGate),
    audit,
  };
}

function certifiedGate(gate: GateState): CertifiedGate {
  const { criteria, approvals, waivers, state, author, passedAt, passedBy } = gate;
  return {
    gate: gate.gate,
    state,
    ...(author !== undefined && { author }),
    ...(passedAt !== undefined && { passedAt }),
    ...(passedBy !== undefined && { passedBy }),
    criteria: criteria.map(({ id, goal, found, waivable, owner }) => ({
      id,
      goal,
      found,
      waivable,
      ...(owner !== undefined && { owner }),
    })),
    approvals: approvals
      .filter(({ counts }) => counts)
      .map(({ approver, approvedAt }) => ({ approver, approvedAt })),
    waivers: waivers.filter(({ counts }) => counts).map(({ counts: _counts, ...waiver }) => waiver),
  };
}

/** Totals, and whatever does not tie: what ties by payer, class and facility stands in the report. */
function withTotals(balance: TrialBalance): TrialBalance {
  const lines = balance.lines.filter(({ group, ties }) => group === 'total' || !ties);
  return { ...balance, lines };
}

/** Most columns of a source share who decided what about them, and why. */
function groupedDispositions(lines: readonly DispositionLine[]): DecidedItems[] {
  const groups = Map.groupBy(lines, ({ fate, reason, owner, approver }) =>
    JSON.stringify([fate, reason, owner, approver]),
  );
  return [...groups.values()].map((group) => {
    const [{ fate, reason, owner, approver }] = group as [DispositionLine];
    const items = group.map(({ stream, column }) =>
      column === '' ? stream : `${stream}.${column}`,
    );
    return { fate, reason, owner, approver, items };
  });
}

function fileDigests(files: ProjectFiles) {
  const { plan, mappings, codeMaps, functions, guides = [], terminology = [] } = files;
  const all = [{ path: 'handover.yaml', text: plan }, ...mappings, ...codeMaps, ...functions];
  return [
    ...all.map(({ path, text }) => ({ path, sha256: sha256Hex(text) })),
    ...guides,
    ...terminology,
  ];
}

function rootOf(batches: readonly string[]): string {
  return treeRoot(batches.map((line) => leafHash(Buffer.from(line)))).toString('base64');
}
