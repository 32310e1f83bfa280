import type { Queries } from '../../store/session.ts';
import type { BlockSeal } from './block.ts';
import type { SearchTokens } from './copyRows.ts';
import type { Interval } from './fhirDate.ts';
import { versionsOf } from './reader.ts';
import type { Version } from './reader.ts';
import { typeNumber } from './resourceTypes.ts';
import { headColumns } from './rows.ts';
import type { HeadRow } from './rows.ts';

export type DatePrefix = 'eq' | 'ne' | 'lt' | 'le' | 'gt' | 'ge' | 'sa' | 'eb' | 'ap';

export interface DateCondition extends Interval {
  prefix: DatePrefix;
}

/** Conditions that all hold; within `ids` and `identifiers` any one does. */
export interface SearchQuery {
  type: string;
  ids?: readonly string[];
  /** No system: any; an empty one: none. */
  identifiers?: readonly { system?: string; value: string }[];
  patient?: string;
  /** On the type's one indexed date (dateElements.ts). */
  dates?: readonly DateCondition[];
  updated?: readonly DateCondition[];
  /** Only ids after this one. */
  after?: string;
  /** No more than this many. */
  count: number;
}

/** Present resources that fit, in order of id. */
export async function search(
  queries: Queries,
  seal: BlockSeal,
  tokens: SearchTokens,
  query: SearchQuery,
): Promise<Version[]> {
  const where = new Conditions();
  where.add('r.block is not null');
  // Tokens find a few rows. Without statistics the planner would read all of the type as well.
  const few = query.patient !== undefined || query.identifiers !== undefined;
  where.add(`r.type ${few ? '+ 0 ' : ''}= ${where.value(typeNumber(query.type) ?? 0)}::smallint`);
  if (query.after !== undefined) where.add(`r.id > ${where.value(query.after)}`);
  if (query.ids !== undefined) where.add(`r.id = any(${where.value(query.ids)}::text[])`);
  if (query.patient !== undefined) where.add(patientCondition(tokens, query.patient, where));
  if (query.identifiers !== undefined) {
    const any = query.identifiers.map((one) => identifierCondition(tokens, one, where));
    where.add(`(${any.join(' or ')})`);
  }
  for (const date of query.dates ?? []) {
    where.add(dateCondition('r.date_from', 'r.date_to', date, where));
  }
  for (const date of query.updated ?? []) {
    where.add(dateCondition('r.updated', `r.updated + interval '1 ms'`, date, where));
  }
  const { rows } = await queries.query<HeadRow & { updated: Date }>(
    `select ${headColumns}, r.updated from resource r where ${where.sql}
     order by r.id limit ${where.value(query.count)}`,
    where.values,
  );
  return versionsOf(queries, seal, rows);
}

/** SQL with its parameters. */
class Conditions {
  readonly values: unknown[] = [];
  readonly #all: string[] = [];

  value(value: unknown): string {
    return `$${this.values.push(value)}`;
  }

  add(condition: string): void {
    this.#all.push(condition);
  }

  get sql(): string {
    return this.#all.join(' and ');
  }
}

function patientCondition(tokens: SearchTokens, id: string, where: Conditions): string {
  return `r.patient = ${where.value(token((out) => tokens.patient(id, out, 0)))}::bigint`;
}

/** The index knows values; the system is looked at in the few rows that have the value. */
function identifierCondition(
  tokens: SearchTokens,
  { system, value }: { system?: string; value: string },
  where: Conditions,
): string {
  const byValue = where.value(token((out) => tokens.value(value, out, 0)));
  const hasValue = `(r.identifier = ${byValue}::bigint
    or (r.more_identifiers is not null and r.more_identifiers @> array[${byValue}::bigint]))`;
  if (system === undefined) return hasValue;
  const exact = where.value(token((out) => tokens.qualified(system, value, out, 0)));
  return `(${hasValue} and (r.qualified_identifier = ${exact}::bigint
    or r.qualified_identifiers @> array[${exact}::bigint]))`;
}

function token(write: (out: Buffer) => number): string {
  const out = Buffer.alloc(8);
  write(out);
  return out.readBigInt64BE().toString();
}

/** FHIR R4, search, §3.1.1.4.7: comparison of the time a resource covers with the time asked for. */
function dateCondition(
  from: string,
  to: string,
  { prefix, fromMs, toMs }: DateCondition,
  where: Conditions,
): string {
  const low = `${where.value(new Date(fromMs))}::timestamptz`;
  const high = `${where.value(new Date(toMs))}::timestamptz`;
  const within = `${from} >= ${low} and ${to} <= ${high}`;
  const conditions: Readonly<Record<DatePrefix, string>> = {
    eq: within,
    ne: `not (${within})`,
    lt: `${from} < ${low}`,
    le: `${from} < ${low} or ${within}`,
    gt: `${to} > ${high}`,
    ge: `${to} > ${high} or ${within}`,
    sa: `${from} >= ${high}`,
    eb: `${to} <= ${low}`,
    ap: `${from} < ${high} and ${to} > ${low}`,
  };
  // Both parameters stand in the statement whichever the prefix needs, so that each has a type.
  return `(${conditions[prefix]}) and ${low} <= ${high}`;
}
