import type { Phase } from '../model/phase.ts';
import type { Queries } from '../store/session.ts';
import { causePath, stands } from './exceptions.ts';
import { latestRound } from './findings.ts';

/** One cause of the worklist, as the reports group it, and the page that is asked for. */
export interface CausePage {
  stream: string;
  target: string;
  code: string;
  path: string;
  /** Only items after this id. */
  after: string;
  limit: number;
}

export interface WorkItem {
  id: string;
  stream: string;
  phase: Phase;
  target: string;
  slice: string;
  number: number;
  ordinal: number;
  code: string;
  path: string;
  token: Buffer;
  /** Keyed digest of the record (extract, map) or draft (check, load) as kept. */
  digest: Buffer | null;
  raisedAt: string;
}

/**
 * SQL: the digest at place `ordinal` of a batch's entries; none where there is no such place.
 * `phase` is the one whose entries count records or drafts by that ordinal.
 */
function digestAt(alias: string, phase: string, slice: string): string {
  return `(select nullif(substring(n.digests from ${alias}.ordinal * 32 + 1 for 32), '')
             from handover.entry n
            where n.run = ${alias}.run and n.stream = ${alias}.stream and n.target = ''
              and n.phase = ${phase} and n.slice = ${slice} and n.number = ${alias}.number
              and ${alias}.ordinal between 0 and n.count - 1)`;
}

/** Standing items of one kind and cause, oldest first. */
export async function workItems(
  reader: Queries,
  run: string,
  cause: CausePage & { kind: 'quarantined' | 'excluded' | 'waiting'; phase: Phase },
): Promise<WorkItem[]> {
  const kept = `case when e.phase in ('extract', 'map') then 'extract' else 'map' end`;
  const { rows } = await reader.query<WorkItem>(
    `select e.id::text, e.stream, e.phase, e.target, e.slice, e.number, e.ordinal,
            coalesce(nullif(r.code, ''), e.code) as code, e.path, e.token,
            ${digestAt('e', kept, 'e.slice')} as digest, e.raised_at::text as "raisedAt"
       from handover.exception e
       left join handover.resolution r on r.run = e.run and r.exception = e.id
      where e.run = $1 and ${stands} and e.stream = $2 and e.target = $3 and e.phase = $4
        and case when r.outcome = 'quarantined' then 'quarantined' else e.kind end = $5
        and coalesce(nullif(r.code, ''), e.code) = $6 and ${causePath('e.path')} = $7 and e.id > $8
      order by e.id limit $9`,
    [
      run,
      cause.stream,
      cause.target,
      cause.phase,
      cause.kind,
      cause.code,
      cause.path,
      cause.after,
      cause.limit,
    ],
  );
  return rows;
}

export interface FoundItem {
  id: string;
  stream: string;
  target: string;
  slice: string;
  number: number;
  ordinal: number;
  verifier: string;
  kind: string;
  code: string;
  type: string;
  resource: string;
  path: string;
  /** Keyed digest of the record behind it; none where no record is. */
  digest: Buffer | null;
}

/** Findings of one cause in the latest round of reading back, oldest first. */
export async function foundItems(
  reader: Queries,
  run: string,
  cause: CausePage & { verifier: string; kind: string; type: string },
): Promise<FoundItem[]> {
  const { rows } = await reader.query<FoundItem>(
    `select f.id::text, f.stream, f.target, f.slice, f.number, f.ordinal, f.verifier, f.kind,
            f.code, f.type, f.resource, f.path,
            ${digestAt('f', `'extract'`, `regexp_replace(f.slice, ':[0-9]+$', '')`)} as digest
       from handover.finding f
      where f.run = $1 and ${latestRound('f')} and f.stream = $2 and f.target = $3
        and f.verifier = $4 and f.kind = $5 and f.code = $6 and f.type = $7 and f.path = $8
        and f.id > $9
      order by f.id limit $10`,
    [
      run,
      cause.stream,
      cause.target,
      cause.verifier,
      cause.kind,
      cause.code,
      cause.type,
      cause.path,
      cause.after,
      cause.limit,
    ],
  );
  return rows;
}
