import type { RecordPlace } from '../model/related.ts';
import type { Queries, Transaction } from '../store/session.ts';
import { digestBytes, tokenBytes } from './entries.ts';
import { entryPages } from './extracted.ts';

/** A record of several that have one key, by where it was staged first, and its keyed digest. */
export interface Rival {
  place: RecordPlace;
  digest: Buffer;
}

/** Which of the records with one key stands. */
export interface Choice {
  token: Buffer;
  rivals: readonly Rival[];
  chosen: Rival;
}

/** All records of a stream that have one of these key tokens (hex), in the order of their places. */
export async function rivalsOf(
  reader: Queries,
  run: string,
  stream: string,
  tokens: ReadonlySet<string>,
): Promise<Map<string, Rival[]>> {
  const found = new Map<string, Rival[]>([...tokens].map((token) => [token, []]));
  if (tokens.size === 0) return found;
  for await (const page of entryPages(reader, run, stream)) {
    for (let at = 0; at * tokenBytes < page.tokens.length; at++) {
      const token = page.tokens.toString('hex', at * tokenBytes, (at + 1) * tokenBytes);
      const rivals = found.get(token);
      if (rivals === undefined) continue;
      const digest = page.digests.subarray(at * digestBytes, (at + 1) * digestBytes);
      // Of its own: a part of the page would keep all of it in memory.
      const { slice, number } = page;
      rivals.push({ place: { slice, number, ordinal: at }, digest: Buffer.from(digest) });
    }
  }
  return found;
}

/**
 * Keep which record stands, for this run and for later ones that read just these records.
 * @returns tokens (hex) for which the run has another record standing already: nothing is kept of them.
 */
export async function enterChoices(
  transaction: Transaction,
  run: string,
  stream: string,
  choices: readonly Choice[],
  decidedBy: string,
): Promise<string[]> {
  const refused: string[] = [];
  const before = await standingAmong(
    transaction,
    run,
    stream,
    choices.map(({ token }) => token),
  );
  for (const { token, rivals, chosen } of choices) {
    const name = token.toString('hex');
    const standing = before.get(name);
    if (standing !== undefined) {
      if (!isPlace(standing, chosen.place)) refused.push(name);
      continue;
    }
    const { rows } = await transaction.query<{ id: string }>(
      `insert into handover.duplicate_choice (stream, token, rivals, chosen, run, decided_by)
       values ($1, $2, $3, $4, $5, $6) returning id`,
      [stream, token, packRivals(rivals), chosen.digest, run, decidedBy],
    );
    const choice = rows[0]?.id as string;
    await enterStanding(transaction, run, stream, [{ token, choice, place: chosen.place }]);
  }
  return refused;
}

/** Let the records stand that earlier decisions chose, where a run has read just the same ones. */
export async function applyChoices(
  transaction: Transaction,
  run: string,
  stream: string,
  repeated: readonly Buffer[],
): Promise<void> {
  const { rows } = await transaction.query<ChoiceRow>(
    `select distinct on (token, rivals) id, token, rivals, chosen from handover.duplicate_choice
      where stream = $1 and token = any($2::bytea[]) order by token, rivals, id desc`,
    [stream, repeated],
  );
  const tokens = new Set(rows.map(({ token }) => token.toString('hex')));
  const rivals = await rivalsOf(transaction, run, stream, tokens);
  const standing = rows.flatMap(({ id: choice, token, rivals: packed, chosen }) => {
    const own = rivals.get(token.toString('hex')) ?? [];
    if (!packRivals(own).equals(packed)) return [];
    // Records that are the same to the byte: one is as good as the other.
    const place = own.find(({ digest }) => digest.equals(chosen))?.place;
    return place === undefined ? [] : [{ token, choice, place }];
  });
  await enterStanding(transaction, run, stream, standing);
}

interface ChoiceRow {
  id: string;
  token: Buffer;
  rivals: Buffer;
  chosen: Buffer;
}

/** Of these key tokens those of which a record stands: its place, by token in hex. */
export async function standingAmong(
  reader: Queries,
  run: string,
  stream: string,
  tokens: readonly Buffer[],
): Promise<Map<string, RecordPlace>> {
  if (tokens.length === 0) return new Map();
  const { rows } = await reader.query<RecordPlace & { token: Buffer }>(
    `select token, slice, number, ordinal from handover.standing_record
      where run = $1 and stream = $2 and token = any($3::bytea[])`,
    [run, stream, tokens],
  );
  return new Map(rows.map(({ token, ...place }) => [token.toString('hex'), place]));
}

export function isPlace(one: RecordPlace, other: RecordPlace): boolean {
  return one.slice === other.slice && one.number === other.number && one.ordinal === other.ordinal;
}

/** The same for the same records, in whatever order they were read. */
function packRivals(rivals: readonly Rival[]): Buffer {
  const digests = rivals.map(({ digest }) => digest);
  return Buffer.concat(digests.toSorted((left, right) => left.compare(right)));
}

async function enterStanding(
  transaction: Transaction,
  run: string,
  stream: string,
  standing: readonly { token: Buffer; choice: string; place: RecordPlace }[],
): Promise<void> {
  if (standing.length === 0) return;
  await transaction.query(
    `insert into handover.standing_record (run, stream, token, choice, slice, number, ordinal)
     select $1, $2, * from unnest($3::bytea[], $4::bigint[], $5::text[], $6::int[], $7::int[])
     on conflict do nothing`,
    [
      run,
      stream,
      standing.map(({ token }) => token),
      standing.map(({ choice }) => choice),
      standing.map(({ place }) => place.slice),
      standing.map(({ place }) => place.number),
      standing.map(({ place }) => place.ordinal),
    ],
  );
}
