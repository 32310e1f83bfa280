import { Persons } from '../../linkage/persons/persons.ts';
import {
  enterMoves,
  membershipsOf,
  recordsOf,
  standingDecisions,
  standingLinks,
  type Move,
} from '../../ledger/persons.ts';
import type { Queries, Transaction } from '../../store/session.ts';

/** The persons that links and decisions make by now. */
export async function personsAtHand(reader: Queries): Promise<Persons> {
  const links = await standingLinks(reader);
  const decisions = await standingDecisions(reader);
  const named = new Set([...links, ...decisions].flatMap(({ left, right }) => [left, right]));
  const records = await recordsOf(reader, [...named]);
  return new Persons({
    links,
    decisions,
    arrival: (record) => records.get(record)?.arrival ?? Infinity,
  });
}

/** Write down who is in another person than before; returns how many. */
export async function settlePersons(
  transaction: Transaction,
  persons: Persons,
  because: Move['because'],
): Promise<number> {
  const before = await membershipsOf(transaction);
  const moves: Move[] = [];
  for (const [person, records] of persons.persons()) {
    for (const record of records) {
      if ((before.get(record) ?? record) !== person) moves.push({ record, person, because });
    }
  }
  for (const [record, person] of before) {
    const now = persons.personOf(record);
    if (now === record && person !== record) moves.push({ record, person: now, because: 'parted' });
  }
  await enterMoves(transaction, moves);
  return moves.length;
}
