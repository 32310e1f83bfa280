import { HandoverError, exitCodes } from '../base/errors.ts';
import { joinKeys } from '../formats/joinKeys.ts';
import { enterChoices, isPlace, rivalsOf, type Choice } from '../ledger/duplicates.ts';
import type { Exception } from '../ledger/exceptions.ts';
import type { Run } from '../ledger/runs.ts';
import { streamsOf } from '../ledger/streams.ts';
import type { BatchKey } from '../ledger/workUnit.ts';
import type { RecordPlace } from '../model/related.ts';
import type { Database } from '../store/database.ts';
import type { Parcels } from './parcels.ts';
import { placesOf, readStaged, type StagedBatch } from './related.ts';

export interface ChooseServices {
  database: Database;
  parcels: Parcels;
}

export interface Chosen {
  /** Keys of which a record stands now. */
  keys: number;
  /** Records that are set aside for them. */
  setAside: number;
  /** Keys of which no record is newer than all others: they stay held. */
  undecided: number;
}

/** A held record, by where it was staged first, with what the choice goes by. */
interface Candidate {
  token: Buffer;
  place: RecordPlace;
  /** `undefined`: the column holds nothing. */
  value: string | undefined;
}

/**
 * Decide that these held records stand, and those that have the same keys do not. It is kept for this run
 * and for later ones that read just the same records under a key; nothing moves until the records are
 * replayed.
 * @throws HandoverError `choice-unfit` (exit 2): one is not held as `duplicate-key`, or two have one
 * key; `choice-made` (exit 2): another record of the key stands already.
 */
export async function chooseRecords(
  services: ChooseServices,
  run: Run,
  held: readonly Exception[],
  decidedBy: string,
): Promise<Chosen> {
  const candidates = await candidatesOf(services, run, held, undefined);
  const byKey = byStreamAndKey(candidates);
  if ([...byKey.values()].some(({ length }) => length > 1)) throw unfit('two of them have one key');
  return enter(services, run, candidates, 0, decidedBy);
}

/**
 * Of all held records of a stream with one key, let that one stand of which `column` holds the greatest
 * value: numbers by their size, other texts by their characters, as days and instants that begin with the
 * year are. Where two have it, or none has any, nothing is decided.
 */
export async function chooseNewest(
  services: ChooseServices,
  run: Run,
  held: readonly Exception[],
  column: string,
  decidedBy: string,
): Promise<Chosen> {
  const byKey = byStreamAndKey(await candidatesOf(services, run, held, column));
  const newest = [...byKey.values()].flatMap((rivals) => newestOf(rivals) ?? []);
  return enter(services, run, newest, byKey.size - newest.length, decidedBy);
}

type Placed = Candidate & { stream: string };

async function candidatesOf(
  { database, parcels }: ChooseServices,
  run: Run,
  held: readonly Exception[],
  column: string | undefined,
): Promise<Placed[]> {
  const streams = await streamsOf(database, run.id);
  const candidates: Placed[] = [];
  const batches = Map.groupBy(held, ({ key }) => `${key.stream}\n${key.slice}\n${key.number}`);
  for (const group of batches.values()) {
    const { key } = group[0] as Exception;
    if (group.some(({ code, key: { phase } }) => phase !== 'map' || code !== 'duplicate-key')) {
      throw unfit('one of them is not held for its key');
    }
    const records = await readStaged(parcels, key);
    const columns = streams.find(({ name }) => name === key.stream)?.columns ?? [];
    const values = valuesIn(
      records,
      columns.map(({ name }) => name),
      column,
    );
    const placeOf = placesOf(key satisfies BatchKey, records);
    candidates.push(
      ...group.map(({ ordinal, token }) => {
        const place = placeOf(ordinal);
        return { stream: key.stream, token, place, value: values[ordinal] };
      }),
    );
  }
  return candidates;
}

function valuesIn(
  records: StagedBatch | undefined,
  columns: readonly string[],
  column: string | undefined,
): readonly (string | undefined)[] {
  if (records === undefined || column === undefined) return [];
  if (columns.includes(column)) return joinKeys(records, columns, [column]);
  throw new HandoverError('column-unknown', `The stream has no column "${column}".`, {
    exitCode: exitCodes.usage,
    next: `Its columns are ${columns.join(', ')}.`,
  });
}

function byStreamAndKey(candidates: readonly Placed[]): Map<string, Placed[]> {
  return Map.groupBy(candidates, ({ stream, token }) => `${stream} ${token.toString('hex')}`);
}

function newestOf(rivals: readonly Placed[]): Placed | undefined {
  const sorted = rivals
    .filter(({ value }) => value !== undefined)
    .toSorted((one, other) => compareValues(other.value ?? '', one.value ?? ''));
  const [first, second] = sorted;
  const tied = second !== undefined && compareValues(first?.value ?? '', second.value ?? '') === 0;
  return tied ? undefined : first;
}

function compareValues(one: string, other: string): number {
  const number = /^-?\d+(\.\d+)?$/;
  if (number.test(one) && number.test(other)) return Number(one) - Number(other);
  if (one === other) return 0;
  return one < other ? -1 : 1;
}

async function enter(
  { database }: ChooseServices,
  run: Run,
  chosen: readonly Placed[],
  undecided: number,
  decidedBy: string,
): Promise<Chosen> {
  let setAside = 0;
  for (const [stream, own] of Map.groupBy(chosen, (one) => one.stream)) {
    const tokens = new Set(own.map(({ token }) => token.toString('hex')));
    const rivals = await rivalsOf(database, run.id, stream, tokens);
    const choices = own.map(({ token, place }): Choice => {
      const all = rivals.get(token.toString('hex')) ?? [];
      const found = all.find((one) => isPlace(one.place, place));
      if (found === undefined)
        throw new RangeError('a held record is not among the extracted ones');
      setAside += all.length - 1;
      return { token, rivals: all, chosen: found };
    });
    await database.transaction(async (transaction) => {
      const refused = await enterChoices(transaction, run.id, stream, choices, decidedBy);
      if (refused.length > 0) throw made();
    });
  }
  return { keys: chosen.length, setAside, undecided };
}

function unfit(why: string): HandoverError {
  return new HandoverError('choice-unfit', `Of these items none can be chosen: ${why}.`, {
    exitCode: exitCodes.usage,
    next: 'Choose one item of each key from `handover quarantine list --code duplicate-key`.',
  });
}

function made(): HandoverError {
  return new HandoverError('choice-made', 'Another item with this key stands in the run already.', {
    exitCode: exitCodes.usage,
    next: 'What stands in a run stays: undo it and begin a new one, and choose otherwise there.',
  });
}
