import { sha256Hex } from '../../base/digest.ts';
import { leafHash, treeRoot } from '../../base/merkleTree.ts';
import type { Certificate } from '../../contract/certificate.ts';
import type { RunReport } from '../../contract/report.ts';
import { evidenceNotice } from '../../contract/words.ts';
import type { ProjectFiles } from '../plan/read.ts';

export interface CertificateParts {
  issuedAt: Date;
  report: RunReport;
  /** Of the revision the run was pinned to. */
  files: ProjectFiles;
  /** `attestedBatches` of the run, on the snapshot the report was drawn up from. */
  batches: readonly string[];
  audit: Certificate['audit'];
}

/** Draw up the certificate of a run. Pure: whoever has the same parts gets the same text. */
export function certificateText(parts: CertificateParts): string {
  return `${JSON.stringify(certificateOf(parts), null, 2)}\n`;
}

function certificateOf(parts: CertificateParts): Certificate {
  const { issuedAt, report, files, batches, audit } = parts;
  return {
    format: 'handover-certificate/1',
    notice: evidenceNotice,
    issuedAt: issuedAt.toISOString(),
    report: {
      ...report,
      findings: report.findings.map(({ samples: _samples, ...line }) => line),
    },
    plan: { revision: report.run.revision, files: fileDigests(files) },
    ledger: { batches: batches.length, root: rootOf(batches) },
    audit,
  };
}

function fileDigests({ plan, mappings, codeMaps, functions }: ProjectFiles) {
  const all = [{ path: 'handover.yaml', text: plan }, ...mappings, ...codeMaps, ...functions];
  return all.map(({ path, text }) => ({ path, sha256: sha256Hex(text) }));
}

function rootOf(batches: readonly string[]): string {
  return treeRoot(batches.map((line) => leafHash(Buffer.from(line)))).toString('base64');
}
