import type { Finding } from '../model/finding.ts';
import type { Queries, Transaction } from '../store/session.ts';
import type { BatchKey } from './workUnit.ts';

/** Record what a verifier found in one batch; runs inside that batch's commit. */
export async function insertFindings(
  transaction: Transaction,
  key: BatchKey,
  findings: readonly Finding[],
): Promise<void> {
  if (findings.length === 0) return;
  await transaction.query(
    `insert into handover.finding
       (run, target, stream, slice, number, ordinal, verifier, kind, code, type, resource, path)
     select $1, $2, $3, $4, $5, *
       from unnest($6::int[], $7::text[], $8::text[], $9::text[], $10::text[], $11::text[],
                   $12::text[])`,
    [
      key.run,
      key.target,
      key.stream,
      key.slice,
      key.number,
      findings.map((finding) => finding.ordinal),
      findings.map((finding) => finding.verifier),
      findings.map((finding) => finding.kind),
      findings.map((finding) => finding.code),
      findings.map((finding) => finding.type),
      findings.map((finding) => finding.id),
      findings.map((finding) => finding.path),
    ],
  );
}

/** SQL: the row belongs to the latest round of reading back (slices are called `…:round`). */
export function latestRound(alias: string): string {
  return `${alias}.slice like '%:' || (
    select r.verifications from handover.run r where r.id = ${alias}.run)`;
}

export interface FindingCause {
  target: string;
  stream: string;
  verifier: Finding['verifier'];
  kind: Finding['kind'];
  code: string;
  type: string;
  path: string;
  count: number;
  /** At most three resources, by stable id: enough to look, not a list of patients. */
  samples: string[];
}

/** Findings of a run grouped by cause, the most frequent first. */
export async function findingCauses(reader: Queries, run: string): Promise<FindingCause[]> {
  const { rows } = await reader.query<Omit<FindingCause, 'count'> & { count: string }>(
    `select target, stream, verifier, kind, code, type, path, count(*) as count,
            (array_agg(resource order by resource))[1:3] as samples
       from handover.finding f where run = $1 and ${latestRound('f')}
      group by target, stream, verifier, kind, code, type, path
      order by count(*) desc, target, stream, code, path`,
    [run],
  );
  return rows.map((row) => ({ ...row, count: Number(row.count) }));
}

/** Findings about one resource. */
export async function findingsAbout(
  reader: Queries,
  run: string,
  resource: string,
): Promise<(Finding & { target: string })[]> {
  const { rows } = await reader.query<Finding & { target: string; resource: string }>(
    `select target, verifier, kind, code, type, resource, path, ordinal
       from handover.finding f where run = $1 and resource = $2 and ${latestRound('f')}
      order by id`,
    [run, resource],
  );
  return rows.map(({ resource: id, ...finding }) => ({ ...finding, id }));
}
