import { decodeBase32, encodeBase32 } from '../base/base32.ts';
import type { PersonDecision, PersonLink } from '../model/person.ts';
import type { Queries, Transaction } from '../store/session.ts';

/** A record: a Patient, or a resource of another kind that is linked, that a stream's record makes. */
export interface PersonRecord {
  /** Stable id. */
  id: string;
  stream: string;
  /** Type of resource. */
  kind: string;
}

/** Enter records in the order of their arrival; one that is known stays as old as it is. */
export async function enterRecords(
  transaction: Transaction,
  run: string,
  records: readonly PersonRecord[],
): Promise<void> {
  await transaction.query(
    `insert into handover.person_record (token, stream, kind, run)
     select token, stream, kind, $1 from unnest($2::bytea[], $3::text[], $4::text[]) with ordinality
              as given (token, stream, kind, place)
      where not exists (select 1 from handover.person_record r where r.token = given.token)
      order by place on conflict do nothing`,
    [
      run,
      records.map(({ id }) => tokenOf(id)),
      records.map(({ stream }) => stream),
      records.map(({ kind }) => kind),
    ],
  );
}

/** By id, when each of these records arrived, and what it is of; unknown ones are left out. */
export async function recordsOf(
  reader: Queries,
  ids: readonly string[],
): Promise<Map<string, { arrival: number; stream: string; kind: string }>> {
  const { rows } = await reader.query<{
    token: Buffer;
    ordinal: string;
    stream: string;
    kind: string;
  }>(
    `select token, ordinal, stream, kind from handover.person_record
      where token = any($1::bytea[])`,
    [ids.map(tokenOf)],
  );
  return new Map(
    rows.map(({ token, ordinal, ...of }) => [idOf(token), { arrival: Number(ordinal), ...of }]),
  );
}

/** Ids of the records that targets had of their own at any time. */
export async function existingRecords(reader: Queries): Promise<Set<string>> {
  const { rows } = await reader.query<{ token: Buffer }>(
    'select token from handover.person_record where stream like $1',
    [`${existingPrefix}%`],
  );
  return new Set(rows.map(({ token }) => idOf(token)));
}

/** The stream, as reports and worklists name it, of what a target had of its own. */
export function existingStream(target: string): string {
  return `${existingPrefix}${target}`;
}

const existingPrefix = 'target:';

/** The model that links of a kind are made under until somebody pins another. */
export async function pinnedModel(
  reader: Queries,
  kind: string,
): Promise<{ digest: string; model: unknown } | undefined> {
  const { rows } = await reader.query<{ digest: string; model: unknown }>(
    'select digest, model from handover.linkage_model where kind = $1 order by ordinal desc limit 1',
    [kind],
  );
  return rows[0];
}

export async function pinModel(
  transaction: Transaction,
  { kind, digest, model }: { kind: string; digest: string; model: object },
): Promise<void> {
  await transaction.query(
    'insert into handover.linkage_model (kind, digest, model) values ($1, $2, $3)',
    [kind, digest, JSON.stringify(model)],
  );
}

/** What the machine says by now, pair by pair. */
export async function standingLinks(reader: Queries): Promise<PersonLink[]> {
  const { rows } = await reader.query<PairRow & { weight: number; reason: string }>(
    `select one, other, weight, reason from (
       select distinct on (one, other) one, other, weight, reason, stands
         from handover.person_link order by one, other, ordinal desc) newest
      where stands`,
  );
  return rows.map(({ weight, reason, ...pair }) => ({ ...sidesOf(pair), weight, reason }));
}

/** What the machine says of a pair under a model, by its digest. */
export interface ModelLink extends PersonLink {
  model: string;
}

/** Write down where what the machine says differs from what it said before. `model`: under which it says no more. */
export async function enterLinks(
  transaction: Transaction,
  { run, model: ended }: { run: string; model: string },
  links: readonly ModelLink[],
): Promise<void> {
  const before = new Map((await standingLinks(transaction)).map((one) => [pairOf(one), one]));
  const changed: (ModelLink & { stands: boolean })[] = [];
  for (const link of links) {
    const said = before.get(pairOf(link));
    before.delete(pairOf(link));
    if (said?.reason === link.reason && said.weight === link.weight) continue;
    changed.push({ ...link, stands: true });
  }
  for (const gone of before.values()) changed.push({ ...gone, stands: false, model: ended });
  const pairs = changed.map(tokensOf);
  await transaction.query(
    `insert into handover.person_link (one, other, weight, reason, stands, model, run)
     select *, $7 from unnest($1::bytea[], $2::bytea[], $3::float8[], $4::text[], $5::boolean[], $6::text[])`,
    [
      pairs.map(([one]) => one),
      pairs.map(([, other]) => other),
      changed.map(({ weight }) => weight),
      changed.map(({ reason }) => reason),
      changed.map(({ stands }) => stands),
      changed.map(({ model }) => model),
      run,
    ],
  );
}

/** What humans say by now, pair by pair. */
export async function standingDecisions(reader: Queries): Promise<PersonDecision[]> {
  const { rows } = await reader.query<PairRow & { verdict: string; ordinal: string }>(
    `select one, other, verdict, ordinal from (
       select distinct on (one, other) one, other, verdict, ordinal
         from handover.person_decision order by one, other, ordinal desc) newest
      where verdict <> 'withdrawn'`,
  );
  return rows.map(({ verdict, ordinal, ...pair }) => ({
    ...sidesOf(pair),
    same: verdict === 'same',
    ordinal: Number(ordinal),
  }));
}

export interface NewDecision {
  left: string;
  right: string;
  verdict: 'same' | 'differ' | 'withdrawn';
  /** Sealed. */
  reason: Buffer;
  by: string;
}

export async function enterDecision(
  transaction: Transaction,
  { verdict, reason, by, ...pair }: NewDecision,
): Promise<void> {
  await transaction.query(
    `insert into handover.person_decision (one, other, verdict, reason, decided_by)
     values ($1, $2, $3, $4, $5)`,
    [...tokensOf(pair), verdict, reason, by],
  );
}

/** A decision as it is kept. */
export interface KeptDecision extends NewDecision {
  decidedAt: string;
}

/** Every decision ever made on any of these records, the newest first. */
export async function decisionsOn(
  reader: Queries,
  ids: readonly string[],
): Promise<KeptDecision[]> {
  const { rows } = await reader.query<PairRow & Omit<KeptDecision, 'left' | 'right'>>(
    `select one, other, verdict, reason, decided_by as by, decided_at::text as "decidedAt"
       from handover.person_decision
      where one = any($1::bytea[]) or other = any($1::bytea[]) order by ordinal desc`,
    [ids.map(tokenOf)],
  );
  return rows.map(({ one, other, ...kept }) => ({ ...sidesOf({ one, other }), ...kept }));
}

/** Decisions are made and settled one after another: a lock that goes with the transaction. */
export async function lockPersons(transaction: Transaction): Promise<void> {
  await transaction.query(`select pg_advisory_xact_lock(hashtextextended('handover.persons', 0))`);
}

/** Records that are, or once were, in another person than that of their own id: where they are now. */
export async function membershipsOf(reader: Queries): Promise<Map<string, string>> {
  const { rows } = await reader.query<{ record: Buffer; person: Buffer }>(
    `select distinct on (record) record, person from handover.membership
      order by record, ordinal desc`,
  );
  return new Map(rows.map(({ record, person }) => [idOf(record), idOf(person)]));
}

export interface Move {
  record: string;
  person: string;
  because: 'linked' | 'decided' | 'parted';
}

export async function enterMoves(transaction: Transaction, moves: readonly Move[]): Promise<void> {
  await transaction.query(
    `insert into handover.membership (record, person, because)
     select * from unnest($1::bytea[], $2::bytea[], $3::text[])`,
    [
      moves.map(({ record }) => tokenOf(record)),
      moves.map(({ person }) => tokenOf(person)),
      moves.map(({ because }) => because),
    ],
  );
}

interface PairRow {
  one: Buffer;
  other: Buffer;
}

function sidesOf({ one, other }: PairRow): { left: string; right: string } {
  return { left: idOf(one), right: idOf(other) };
}

/** The tokens of a pair in the order in which pairs are kept. */
function tokensOf({ left, right }: { left: string; right: string }): [one: Buffer, other: Buffer] {
  const [one, other] = [tokenOf(left), tokenOf(right)];
  return Buffer.compare(one, other) < 0 ? [one, other] : [other, one];
}

function pairOf({ left, right }: { left: string; right: string }): string {
  return left < right ? `${left} ${right}` : `${right} ${left}`;
}

/** The 16 bytes of a stable id. @throws RangeError for what is none. */
export function tokenOf(id: string): Buffer {
  const token = isStableId(id) ? decodeBase32(id) : undefined;
  if (token === undefined) throw new RangeError('no stable id');
  return token;
}

export const idOf = (token: Buffer): string => encodeBase32(token);

/** Whether a text can be the id of a record: 26 characters of base32. */
export function isStableId(text: string): boolean {
  return /^[0-9a-hjkmnp-tv-z]{26}$/.test(text);
}
