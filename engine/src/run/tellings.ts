import { canonicalJson, parseJson, type Json, type JsonObject } from '../base/json.ts';
import { sha256Hex } from '../base/digest.ts';
import type { ProjectKey } from '../keys/projectKey.ts';
import type { ParcelRow } from '../ledger/batches.ts';
import type { BatchPlace } from '../ledger/folded.ts';
import { enterMapped } from '../ledger/mappedParcels.ts';
import {
  batchesToTell,
  beginTelling,
  enterTellings,
  enterToldBatch,
  tellingsBefore,
  tellingsOf,
  type SealedTelling,
  type TellingKind,
} from '../ledger/tellings.ts';
import type { BatchKey } from '../ledger/workUnit.ts';
import type { RecordPlace, Related } from '../model/related.ts';
import type { Database } from '../store/database.ts';
import type { Queries, Transaction } from '../store/session.ts';
import type { Parcels } from './parcels.ts';
import { placesOf, readStaged, type StagedBatch } from './related.ts';

export interface TellingServices {
  database: Database;
  parcels: Parcels;
  key: ProjectKey;
}

/** A record of a run, by the stream it was read from. */
export type ToldPlace = RecordPlace & { stream: string };

/** What several records told of one thing, and the first of them in the order in which they load. */
export interface Told<T> {
  /** {@link placeText}; absent where only an earlier run knows of it. */
  first?: string;
  telling: T;
}

/** What the records of one batch tell. */
export interface TellingBatch<T> {
  /** By the token of what they tell of. */
  told: ReadonlyMap<string, Told<T>>;
  /** What their mapping made of them, to be entered with what they told. */
  mapped?: ParcelRow;
}

/** How tellings of one kind are made and joined; joining does not depend on the order. */
export interface Teller<T> {
  kind: TellingKind;
  /** By stream, the digest of what reads its records. */
  readers: ReadonlyMap<string, string>;
  join(one: T, other: T): T;
  tell(batch: StagedBatch, placeOf: Related['placeOf'], key: BatchKey): Promise<TellingBatch<T>>;
  /** Go on from what earlier runs told. */
  continues: boolean;
}

/**
 * Let every record that was read tell what it knows of things that others know of too. Batch by batch,
 * each committed by itself and entered once, so that it can be stopped anywhere and done again.
 */
export async function gatherTellings<T>(
  services: TellingServices,
  run: string,
  teller: Teller<T>,
): Promise<void> {
  const { database } = services;
  const streams = [...teller.readers.keys()];
  if (streams.length === 0) return;
  const readers = [...teller.readers].map((each) => each.join(' ')).toSorted();
  const digest = sha256Hex(JSON.stringify(readers));
  await database.transaction((transaction) => beginTelling(transaction, run, teller.kind, digest));
  const places = await batchesToTell(database, run, teller.kind, streams);
  let ahead: Promise<ToldAhead<T>> | undefined;
  try {
    for (const [at, place] of places.entries()) {
      const told = await (ahead ?? tellAhead(services, run, teller, place));
      const next = places[at + 1];
      // While one is committed the next one tells: neither needs the other.
      ahead = next && tellAhead(services, run, teller, next);
      ahead?.catch(() => undefined);
      await commitTold(services, run, teller, told, digest);
    }
  } finally {
    // Nothing goes on behind a failure.
    await ahead?.catch(() => undefined);
  }
}

/** What a batch told, before it is committed. */
interface ToldAhead<T> {
  key: BatchKey;
  place: BatchPlace;
  telling: TellingBatch<T> | undefined;
}

async function tellAhead<T>(
  { parcels }: TellingServices,
  run: string,
  teller: Teller<T>,
  place: BatchPlace,
): Promise<ToldAhead<T>> {
  const key: BatchKey = { run, phase: 'extract', target: '', ...place };
  const records = await readStaged(parcels, key);
  const telling = records && (await teller.tell(records, placesOf(key, records), key));
  return { key, place, telling };
}

async function commitTold<T>(
  { database, key: project }: TellingServices,
  run: string,
  teller: Teller<T>,
  { key, place, telling }: ToldAhead<T>,
  digest: string,
): Promise<void> {
  const { kind } = teller;
  await database.transaction(async (transaction) => {
    await beginTelling(transaction, run, kind, digest);
    const isNew = await enterToldBatch(transaction, run, kind, place, digest);
    if (!isNew || telling === undefined) return;
    const { told, mapped } = telling;
    if (mapped !== undefined) await enterMapped(transaction, key, mapped);
    if (told.size === 0) return;
    const known = await knownTellings<T>(transaction, project, run, teller, [...told.keys()]);
    const joined = [...told].map(([token, one]) => {
      const before = known.get(token);
      const both = before === undefined ? one : joinTold(before, one, teller);
      return { token: Buffer.from(token, 'hex'), told: seal(project, run, kind, token, both) };
    });
    await enterTellings(transaction, run, kind, joined);
  });
}

/** What was told so far, by this run or, where it says nothing yet, by those before it. */
async function knownTellings<T>(
  transaction: Transaction,
  project: ProjectKey,
  run: string,
  { kind, continues }: Teller<T>,
  tokens: readonly string[],
): Promise<Map<string, Told<T>>> {
  const found = await readTellings<T>(transaction, project, run, kind, tokens);
  const rest = tokens
    .filter((token) => !found.has(token))
    .map((token) => Buffer.from(token, 'hex'));
  const before =
    continues && rest.length > 0 ? await tellingsBefore(transaction, run, kind, rest) : [];
  for (const one of before) {
    const { telling } = open<T>(project, kind, one);
    found.set(one.token.toString('hex'), { telling });
  }
  return found;
}

/** What was told in a run, by token. */
export async function readTellings<T>(
  reader: Queries,
  project: ProjectKey,
  run: string,
  kind: TellingKind,
  tokens: readonly string[],
): Promise<Map<string, Told<T>>> {
  if (tokens.length === 0) return new Map();
  const buffers = tokens.map((token) => Buffer.from(token, 'hex'));
  const rows = await tellingsOf(reader, run, kind, buffers);
  return new Map(rows.map((row) => [row.token.toString('hex'), open<T>(project, kind, row)]));
}

export function joinTold<T>(
  one: Told<T>,
  other: Told<T>,
  { join }: Pick<Teller<T>, 'join'>,
): Told<T> {
  const first = firstOf(one.first, other.first);
  return { telling: join(one.telling, other.telling), ...(first && { first }) };
}

function firstOf(one: string | undefined, other: string | undefined): string | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return one <= other ? one : other;
}

/**
 * When a record told something, as a text that compares: its own time, and where that is the same, the
 * order in which it arrived: by run, and in a run as it was read.
 */
export function tellingTime(moment: string, run: string, place: ToldPlace): string {
  return `${moment}\n${run}\n${placeText(place)}`;
}

/** A place as a text that compares as places do. */
export function placeText({ stream, slice, number, ordinal }: ToldPlace): string {
  return [stream, slice, digits(number), digits(ordinal)].join('\n');
}

export function placeOfText(text: string): ToldPlace {
  const [stream = '', slice = '', number, ordinal] = text.split('\n');
  return { stream, slice, number: Number(number), ordinal: Number(ordinal) };
}

function digits(number: number): string {
  return String(number).padStart(10, '0');
}

function seal<T>(
  key: ProjectKey,
  run: string,
  kind: TellingKind,
  token: string,
  told: Told<T>,
): Buffer {
  const json = canonicalJson(told as Json & Told<T>);
  return key.seal(Buffer.from(json), tellingContext(run, kind, token));
}

/** Numbers keep their digits, as in every body. */
function open<T>(key: ProjectKey, kind: TellingKind, { run, token, told }: SealedTelling): Told<T> {
  const text = key.open(told, tellingContext(run, kind, token.toString('hex'))).toString('utf8');
  const { first, telling } = parseJson(text) as JsonObject;
  return { telling: telling as T, ...(typeof first === 'string' && { first }) };
}

/** What a telling is bound to; its token in hex. */
export const tellingContext = (run: string, kind: string, token: string): string =>
  `telling ${run} ${kind} ${token}`;
