import { joinFacts, tellFacts, toldFacts, type FactTelling } from '../mapping/facts/factTelling.ts';
import type { ProjectKey } from '../keys/projectKey.ts';
import { exceptionsOf } from '../ledger/exceptions.ts';
import type { BatchKey } from '../ledger/workUnit.ts';
import type { Fact, FactBatch } from '../model/fact.ts';
import type { RecordBatch } from '../model/record.ts';
import type { Related } from '../model/related.ts';
import type { Queries } from '../store/session.ts';
import { idToken } from './idToken.ts';
import {
  gatherTellings,
  joinTold,
  placeText,
  readTellings,
  tellingTime,
  type TellingServices,
  type Told,
} from './tellings.ts';

/** The facts of one stream, as far as they are told here. */
interface TellingFacts {
  digest: string;
  tells?: true;
  read(batch: RecordBatch): FactBatch;
}

/** Have records state their facts of resources that others know of too, before any is compared. */
export async function gatherFacts(
  services: TellingServices,
  run: string,
  facts: ReadonlyMap<string, TellingFacts>,
): Promise<void> {
  const telling = [...facts].filter(([, each]) => each.tells);
  await gatherTellings<FactTelling>(services, run, {
    kind: 'fact',
    readers: new Map(telling.map(([stream, { digest }]) => [stream, digest])),
    continues: true,
    join: joinFacts,
    tell: async (batch, placeOf, key) => {
      const stated = (facts.get(batch.stream) as TellingFacts).read(batch);
      const mapped = await exceptionsOf(services.database, { ...key, phase: 'map' });
      const held = new Set(
        mapped.flatMap(({ kind, ordinal }) =>
          kind === 'quarantined' || kind === 'excluded' ? [ordinal] : [],
        ),
      );
      const standing = stated.facts.filter(({ ordinal }) => !held.has(ordinal));
      return { told: statedIn(run, batch.stream, { ...stated, facts: standing }, placeOf) };
    },
  });
}

function statedIn(
  run: string,
  stream: string,
  { facts, moments = [] }: FactBatch,
  placeOf: Related['placeOf'],
): Map<string, Told<FactTelling>> {
  const tellings = new Map<string, Told<FactTelling>>();
  const groups = Map.groupBy(facts, ({ ordinal, id }) => `${ordinal} ${id}`);
  for (const group of groups.values()) {
    const [{ ordinal, id }] = group as [Fact];
    const place = { stream, ...placeOf(ordinal) };
    const time = tellingTime(moments[ordinal] ?? '', run, place);
    const one = { first: placeText(place), telling: tellFacts(group, time) };
    const token = idToken(id).toString('hex');
    const before = tellings.get(token);
    tellings.set(token, before === undefined ? one : joinTold(before, one, { join: joinFacts }));
  }
  return tellings;
}

/**
 * The facts of a batch once all records have stated theirs: those of one resource are compared where
 * the first record of them stands, as they were stated last. `elsewhere`: what is compared there.
 */
export async function takeFacts(
  { database, key }: { database: Queries; key: ProjectKey },
  { run, stream }: Pick<BatchKey, 'run' | 'stream'>,
  batch: FactBatch,
  drafts: readonly string[],
  placeOf: Related['placeOf'],
): Promise<{ batch: FactBatch; elsewhere: ReadonlySet<string> }> {
  const ids = new Set([...batch.facts.map(({ id }) => id), ...drafts]);
  const tokens = [...ids].map((id) => idToken(id).toString('hex'));
  const tellings = await readTellings<FactTelling>(database, key, run, 'fact', tokens);
  const elsewhere = new Set<string>();
  for (const { telling } of tellings.values()) elsewhere.add(`${telling.type}/${telling.id}`);
  const facts: Fact[] = [];
  const seen = new Set<string>();
  for (const fact of batch.facts) {
    const told = tellings.get(idToken(fact.id).toString('hex'));
    // What a record states that is held, or is there twice, is told by nobody.
    if (told === undefined) continue;
    if (told.first === placeText({ stream, ...placeOf(fact.ordinal) }) && !seen.has(fact.id)) {
      seen.add(fact.id);
      facts.push(...toldFacts(told.telling, fact.ordinal));
    }
  }
  return { batch: { ...batch, facts }, elsewhere };
}
