import type { ProjectKey } from '../../keys/projectKey.ts';
import { lastRound } from '../../ledger/linkageRounds.ts';
import { decisionsOn, pinnedModel, recordsOf, type KeptDecision } from '../../ledger/persons.ts';
import type { LinkageModel } from '../../linkage/model.ts';
import { isItem } from '../../model/person.ts';
import type { Database } from '../../store/database.ts';
import type { Parcels } from '../parcels.ts';
import type { LinkagePlan } from '../plan/linkage.ts';
import { reasonContext } from './decidePair.ts';
import type { PairExplanation } from './explain.ts';
import { chartsOfRun } from './chartedRows.ts';
import { kindOf } from './kinds.ts';
import { compareRecords } from './linkRecords.ts';
import { linkLimits, partsIn } from './linkRound.ts';
import type { PersonRow } from './people/person.ts';
import { personsAtHand } from './personsAtHand.ts';
import { standingRecords } from './standingRecords.ts';

export interface ExplainServices {
  database: Database;
  parcels: Parcels;
  key: ProjectKey;
}

/** Why a record is in a person: what ties it to another one of the same person. */
export interface Tie {
  to: string;
  /** `decided`, or why the machine links them. */
  because: string;
  /** Match weight; absent for a decision. */
  weight?: number;
}

export interface ExplainedRecord {
  record: string;
  stream: string;
  /** The Patient that the newest run leads it to. */
  chart: string;
  ties: readonly Tie[];
}

export interface ExplainedPerson {
  /** Type of its resources. */
  kind: string;
  /** The id that the person goes by. */
  person: string;
  records: readonly ExplainedRecord[];
  /** All that was ever decided on these records, the newest first. */
  decisions: readonly KeptDecision[];
}

/** Why each record of a person is in it; no value of any record. `id`: of any of its records. */
export async function explainPerson(
  services: ExplainServices,
  id: string,
): Promise<ExplainedPerson> {
  const { database } = services;
  const persons = await personsAtHand(database);
  const records = persons.recordsOf(id);
  const known = await recordsOf(database, records);
  const run = (await lastRound(database))?.run;
  const charts = run === undefined ? undefined : await chartsOfRun(services, run);
  return {
    kind: known.get(id)?.kind ?? '',
    person: persons.personOf(id),
    records: records.map((record) => ({
      record,
      stream: known.get(record)?.stream ?? '',
      chart: charts?.chartOf(record) ?? record,
      ties: persons.reasonsFor(record).map((one): Tie => {
        const to = one.left === record ? one.right : one.left;
        return 'reason' in one
          ? { to, because: one.reason, weight: one.weight }
          : { to, because: 'decided' };
      }),
    })),
    decisions: await decisionsOn(database, records),
  };
}

/** The reason of a decision, in the words of whoever decided. */
export function reasonOf(key: ProjectKey, { left, right, reason }: KeptDecision): string {
  return key.open(reason, reasonContext(left, right)).toString('utf8');
}

/**
 * The waterfall of two records among all that stand for a run, under the pinned model. Undefined: one of
 * them does not stand, or nothing has been linked yet.
 */
export async function explainStanding(
  { database, parcels }: ExplainServices,
  run: string,
  linkage: LinkagePlan,
  pair: readonly [left: string, right: string],
): Promise<PairExplanation | undefined> {
  const known = await recordsOf(database, pair);
  const [type, other] = pair.map((id) => known.get(id)?.kind);
  // Things are the same or not: nothing is weighed.
  if (type === undefined || type !== other || isItem(type)) return undefined;
  const pinned = (await pinnedModel(database, type))?.model as LinkageModel | undefined;
  return compareRecords(
    standingRecords({ database, parcels }, run, type, partsIn(linkage, type)),
    {
      ...linkLimits,
      kind: kindOf(type),
      thresholds: { link: linkage.link, review: linkage.review },
      pinned,
      trusted: linkage.trusted && new Set(linkage.trusted),
    },
    pair,
  );
}

/** What says who these records are of, by id: values of patients. */
export async function identitiesOf(
  { database, parcels }: Pick<ExplainServices, 'database' | 'parcels'>,
  run: string,
  ids: ReadonlySet<string>,
): Promise<Map<string, PersonRow>> {
  const found = new Map<string, PersonRow>();
  const types = new Set(
    [...(await recordsOf(database, [...ids])).values()].map(({ kind }) => kind),
  );
  for (const type of types) {
    if (isItem(type)) continue;
    for await (const batch of standingRecords({ database, parcels }, run, type, () => true)) {
      for (const { id, stream, resource } of batch) {
        if (ids.has(id)) found.set(id, kindOf(type).identityOf(resource, stream).row);
      }
      if (found.size === ids.size) break;
    }
  }
  return found;
}
