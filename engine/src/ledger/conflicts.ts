import type { Queries, Transaction } from '../store/session.ts';

/** Whose stands where users of a target changed or removed something: the target's, or the source's. */
export type ConflictVerdict = 'keep' | 'take';

/** What somebody decided of one resource, and what of. */
export interface ConflictDecision {
  type: string;
  /** Stable id, 16 bytes. */
  token: Buffer;
  verdict: ConflictVerdict;
  /** Keyed digest of what users left there (hex); '': they removed it. */
  found: string;
  /** Keyed digest of the draft (hex). */
  draft: string;
}

/** Who decided, in which run, and why (sealed). */
export interface ConflictDecider {
  target: string;
  run: string;
  by: string;
}

export async function enterConflictDecisions(
  transaction: Transaction,
  { target, run, by }: ConflictDecider,
  decisions: readonly (ConflictDecision & { reason: Buffer })[],
): Promise<void> {
  await transaction.query(
    `insert into handover.conflict_decision
       (target, run, decided_by, type, token, verdict, found, draft, reason)
     select $1, $2, $3, * from unnest($4::text[], $5::bytea[], $6::text[], $7::bytea[], $8::bytea[],
       $9::bytea[])`,
    [
      target,
      run,
      by,
      decisions.map(({ type }) => type),
      decisions.map(({ token }) => token),
      decisions.map(({ verdict }) => verdict),
      decisions.map(({ found }) => Buffer.from(found, 'hex')),
      decisions.map(({ draft }) => Buffer.from(draft, 'hex')),
      decisions.map(({ reason }) => reason),
    ],
  );
}

/** The decision that stands on each resource of a target, by `Type token`. */
export async function conflictDecisions(
  reader: Queries,
  target: string,
): Promise<ReadonlyMap<string, ConflictDecision>> {
  const { rows } = await reader.query<
    Pick<ConflictDecision, 'type' | 'token' | 'verdict'> & { found: Buffer; draft: Buffer }
  >(
    `select distinct on (type, token) type, token, verdict, found, draft
       from handover.conflict_decision where target = $1 order by type, token, ordinal desc`,
    [target],
  );
  return new Map(
    rows.map(({ found, draft, ...row }) => [
      conflictName(row.type, row.token),
      { ...row, found: found.toString('hex'), draft: draft.toString('hex') },
    ]),
  );
}

/** As the entries of a page are named (`resourceName`). */
export function conflictName(type: string, token: Buffer): string {
  return `${type} ${token.toString('hex')}`;
}

/** Names of the resources whose removal at a target stands (`keep`), or was overruled (`take`). */
export async function decidedRemovals(
  reader: Queries,
  target: string,
): Promise<Record<ConflictVerdict, ReadonlySet<string>>> {
  const removals = [...(await conflictDecisions(reader, target))].filter(
    ([, { found }]) => found === '',
  );
  const named = (wanted: ConflictVerdict): Set<string> =>
    new Set(removals.flatMap(([name, { verdict }]) => (verdict === wanted ? [name] : [])));
  return { keep: named('keep'), take: named('take') };
}

/** Names of the resources of which a run was told to write the source's over what users made of them. */
export async function takenIn(
  reader: Queries,
  run: string,
  target: string,
): Promise<ReadonlySet<string>> {
  const { rows } = await reader.query<{ type: string; token: Buffer }>(
    `select distinct type, token from handover.conflict_decision
      where run = $1 and target = $2 and verdict = 'take'`,
    [run, target],
  );
  return new Set(rows.map(({ type, token }) => conflictName(type, token)));
}
