import { chanceOf, type HasColumn } from './comparisons.ts';
import { blockingKeys, type CostedRule } from './blocking.ts';
import { nicknameRows } from './nicknames.ts';
import { quoted, soundOf, type StandardColumn } from './standardise.ts';

/**
 * SQL of the tables that everything else reads. `records`: `id` from 0, `source` (from 0), the
 * standardised columns as text or null, what is derived of them, and for columns whose frequency
 * adjusts weights `COLUMN_tf`, the base-2 logarithm of the share of records with the value.
 * `blocks`: the same records as integers, by which pairs are made.
 */

/** A file as a table of its columns as text, and what is made of them. */
export interface StandardInput {
  table: string;
  columns: readonly StandardColumn[];
  /** Columns of the file in which values recur: what is made of them is made once for each value. */
  recurring: ReadonlySet<string>;
}

/** Files into `standard`; `columns` in SQL over the text columns of each. */
export function standardSql(inputs: readonly StandardInput[]): string {
  const all = [...new Set(inputs.flatMap(({ columns }) => columns.map(({ name }) => name)))];
  const selects = inputs.map(({ table, columns, recurring }, source) => {
    const once = columns.filter(({ of }) => of !== undefined && recurring.has(of));
    const made = all.map((name) => {
      const column = columns.find((each) => each.name === name);
      if (column === undefined) return `null::varchar as ${name}`;
      return `${once.includes(column) ? madeOnce(name) : column.sql} as ${name}`;
    });
    const before = inputs.slice(0, source).map((each) => ` + (select count(*) from ${each.table})`);
    return `select (number_in_file${before.join('')})::integer as id, ${[`${source}::tinyint as source`, ...made].join(', ')}
      from ${table} ${valuesSql(table, once)}`;
  });
  return `create table standard as ${selects.join(' union all ')}`;
}

/** No column of a file is likely to be called so. */
const madeOnce = (name: string): string => `handover_made_${name}`;

/** Joins of each column's values with what is made of them. */
function valuesSql(table: string, columns: readonly StandardColumn[]): string {
  const byColumn = Map.groupBy(columns, ({ of = '' }) => quoted(of));
  return [...byColumn]
    .map(([column, made], at) => {
      const results = made.map(({ name, sql }) => `${sql} as ${madeOnce(name)}`).join(', ');
      return `left join (select ${column} as handover_value, ${results} from (select distinct ${column} from ${table}))
        values_${at} on values_${at}.handover_value = ${table}.${column}`;
    })
    .join(' ');
}

/** Columns whose values differ in how often they occur. */
export const termColumns = [
  'given',
  'family',
  'middle',
  'dob',
  'postcode',
  'locality',
  'phone1',
  'email',
  'identifier1',
  'identifier2',
  'identifier3',
  'identifier4',
];

/** Columns whose values are nearly all rare: only the frequent ones are counted. */
const mostlyRare = /^(phone|email|identifier)/;
/** From this many records on a value is frequent in a column of rare ones. */
const frequent = 8;

/** Records that the belief in how ordinary values are spread is worth. */
const believed = 200;

export function termsSql(column: string): string {
  const derived =
    column === 'given'
      ? `, ${soundOf('value')} as sound, coalesce(any_value(root), value) as root`
      : column === 'family'
        ? `, ${soundOf('value')} as sound`
        : '';
  const nickname = column === 'given' ? 'left join nicknames on nicknames.name = value' : '';
  const least = mostlyRare.test(column) ? `having count(*) >= ${frequent}` : '';
  return `create table terms_${column} as
    select value,
      log2((any_value(n) - 1 + ${believed * chanceOf(column)}) / ((select count(${column}) from standard) - 1 + ${believed}))::float as tf${derived}
    from (select ${column} as value, count(*) as n from standard where ${column} is not null group by all ${least})
    ${nickname} group by value`;
}

export function nicknamesSql(): string {
  const rows = nicknameRows().map(([name, root]) => `('${name}', '${root}')`);
  return `create table nicknames as select * from (values ${rows.join(', ')}) names(name, root)`;
}

export function recordsSql(columns: readonly string[]): string {
  const has = (column: string): boolean => columns.includes(column);
  const terms = termColumns.filter(has);
  const joins = terms.map(
    (column) => `left join terms_${column} on terms_${column}.value = standard.${column}`,
  );
  const derived = [
    ...terms.map((column) => `terms_${column}.tf as ${column}_tf`),
    ...(has('given') ? ['terms_given.sound as given_sound, terms_given.root as given_root'] : []),
    ...(has('family') ? ['terms_family.sound as family_sound'] : []),
    ...(has('dob')
      ? [`dob[1:4]::integer as year, dob[5:6]::integer as month, dob[7:8]::integer as day`]
      : []),
    ...(has('street')
      ? [`${has('number') ? `coalesce(number || ' ', '') || ` : ''}street as line`]
      : []),
    ...(has('email') ? [`nullif(split_part(email, '@', 1), '') as email_user`] : []),
  ];
  return `create table records as select standard.*${derived.map((each) => `, ${each}`).join('')}
    from standard ${joins.join(' ')}`;
}

/** Columns that `records` has beside the standardised ones. */
export function derivedColumns(columns: readonly string[]): string[] {
  return columns.includes('street') ? ['line'] : [];
}

/**
 * `codes`: for each record its blocking keys as integers. Rules are costed and pairs are made of numbers
 * alone; texts are fetched once, for the pairs that are compared.
 */
export function codesSql(has: HasColumn): string {
  const keys = blockingKeys.filter(({ needs }) => needs.every(has));
  const codes = keys.map(({ name, sql }) => `, (${sql})::integer as ${quoted(name)}`);
  return `create table codes as select id, source${codes.join('')} from records`;
}

/** The key of a rule as one integer, or null where a part is missing. */
function ruleKeySql(keys: readonly string[]): string {
  const parts = keys.map(quoted);
  if (parts.length === 0) return '0';
  if (parts.length === 1) return parts[0] ?? 'null';
  const missing = parts.map((part) => `${part} is null`).join(' or ');
  return `case when ${missing} then null else (hash(${parts.join(', ')}) & 2147483647)::integer end`;
}

/** How many blocks of each size a rule makes; of every `nth` value, where that is not 1. */
export function blockSizesSql(keys: readonly string[], nth: number): string {
  const part = nth === 1 ? '' : `and key % ${nth} = 0`;
  return `select size, count(*)::double as blocks from (
      select count(*)::double as size from (select ${ruleKeySql(keys)} as key from codes)
      where key is not null ${part} group by key)
    group by size`;
}

/**
 * `blocks`: of each record the key of each rule as `k0`, `k1`, …; null where the value is skewed. Skew is
 * looked for in all records, because a sample of blocks, as they are costed by, can miss the one that is
 * large.
 */
export function blocksSql(rules: readonly CostedRule[]): string[] {
  const blocking = rules.filter(({ keys }) => keys.length > 0);
  const skews = blocking.map(
    (rule, at) => `create table skewed_${at} as select ${ruleKeySql(rule.keys)} as key from codes
      group by 1 having key is not null and count(*) > ${rule.largest}`,
  );
  const keys = rules.map(({ keys: names }, at) => {
    const key = ruleKeySql(names);
    if (names.length === 0) return `${key} as k${at}`;
    return `case when (${key}) in (select key from skewed_${at}) then null else ${key} end as k${at}`;
  });
  return [
    ...skews,
    `create table blocks as select id, source${keys.map((each) => `, ${each}`).join('')} from codes`,
    ...blocking.map((_, at) => `drop table skewed_${at}`),
    'drop table codes',
  ];
}
