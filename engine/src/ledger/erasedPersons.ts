import { encodeBase32 } from '../base/base32.ts';
import type { Queries, Transaction } from '../store/session.ts';

/**
 * Stable ids of the Patients that were erased, from the keyed tokens that are kept of them and nothing
 * else: a record that is read again is known by them, and nobody is named.
 */
export async function erasedPersons(reader: Queries): Promise<ReadonlySet<string>> {
  const { rows } = await reader.query<{ subject: Buffer }>(
    `select distinct unnest(q.subjects) as subject
       from handover.erasure_request q join handover.erasure e on e.request = q.id`,
  );
  return new Set(rows.map(({ subject }) => encodeBase32(subject)));
}

/** Enter that these resources are no longer at a target, because somebody was erased. */
export async function recordErasedResources(
  transaction: Transaction,
  request: string,
  target: string,
  resources: readonly { type: string; token: Buffer }[],
): Promise<void> {
  await transaction.query(
    `insert into handover.erased_resource (target, type, token, request)
     select $1, type, token, $2 from unnest($3::text[], $4::bytea[]) as t (type, token)
     on conflict do nothing`,
    [target, request, resources.map(({ type }) => type), resources.map(({ token }) => token)],
  );
}

/** Names (`Type token`) of the resources that erasures took from a target. */
export async function erasedNames(reader: Queries, target: string): Promise<ReadonlySet<string>> {
  const { rows } = await reader.query<{ name: string }>(
    `select type || ' ' || encode(token, 'hex') as name
       from handover.erased_resource where target = $1`,
    [target],
  );
  return new Set(rows.map(({ name }) => name));
}
