import { lastRound, questionsOf, type LinkageCounts } from '../../ledger/linkageRounds.ts';
import { recordsOf, standingDecisions } from '../../ledger/persons.ts';
import type { PersonDecision, PersonQuestion } from '../../model/person.ts';
import type { Database } from '../../store/database.ts';
import { personsAtHand } from './personsAtHand.ts';

/** What is still to be decided in a project. */
export interface Worklist {
  /** The newest run that linked, and its round; absent: none has yet. */
  run?: string;
  round?: number;
  /** Of that round. */
  counts?: LinkageCounts;
  /** What an answer settles most comes first. */
  questions: readonly OpenQuestion[];
  /** Decisions that later ones rule out. */
  contradictions: readonly PersonDecision[];
}

export interface OpenQuestion extends PersonQuestion {
  /** Type of the two resources. */
  kind: string;
  /** The streams of the two records. */
  streams: readonly [left: string, right: string];
}

/**
 * The questions of the newest round that nobody has answered: neither are the two one person by now, nor
 * has anybody said that they are not. One for two persons. A record that was written over counts as
 * answered once somebody has decided anything about it.
 */
export async function openQuestions(database: Database): Promise<Worklist> {
  const round = await lastRound(database);
  const persons = await personsAtHand(database);
  const { contradictions } = persons;
  if (round === undefined) return { questions: [], contradictions };
  const decided = new Set(
    (await standingDecisions(database)).flatMap(({ left, right }) => [left, right]),
  );
  const asked = new Set<string>();
  const open = (await questionsOf(database, round)).flatMap((question): PersonQuestion[] => {
    const { left, right } = question;
    const [one, other] = [persons.personOf(left), persons.personOf(right)];
    const pair = left === right ? left : [one, other].toSorted().join(' ');
    if (asked.has(pair)) return [];
    if (left === right ? decided.has(left) : one === other || persons.keptApart(one, other)) {
      return [];
    }
    asked.add(pair);
    const settles = persons.recordsOf(one).length * persons.recordsOf(other).length;
    return [{ ...question, settles: left === right ? persons.recordsOf(one).length : settles }];
  });
  const records = await recordsOf(database, [
    ...new Set(open.flatMap(({ left, right }) => [left, right])),
  ]);
  const streamOf = (id: string): string => records.get(id)?.stream ?? '';
  const questions = open
    .map((one) => ({
      ...one,
      kind: records.get(one.left)?.kind ?? '',
      streams: [streamOf(one.left), streamOf(one.right)] as const,
    }))
    .toSorted((one, other) => other.settles - one.settles || other.weight - one.weight);
  const { run, round: number, counts } = round;
  return { run, round: number, counts, questions, contradictions };
}
