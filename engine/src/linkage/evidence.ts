import type { HasColumn } from './comparisons.ts';
import type { PairEvidence } from './alarms.ts';

/** SQL of what alarms are judged by, for pairs `l` and `r` of `records`, as small whole numbers. */

/** From this many records on a given name is a name that others bear, and not a slip of the hand. */
const borne = 3;
/** Values that more records than this share say nothing of a household. */
const common = 12;

export const evidenceTablesSql = (has: HasColumn): string[] => [
  ...(has('given')
    ? [
        `create table given_counts as select given, count(*)::integer as n from records where given is not null group by given`,
      ]
    : []),
  ...householdColumns(has).map(
    (column) =>
      `create table common_${column} as select ${column} as value from records where ${column} is not null group by 1 having count(*) > ${common}`,
  ),
];

const householdColumns = (has: HasColumn): string[] =>
  ['phone1', 'phone2', 'email', 'identifier2'].filter(has);

const nothing = '-1';
const edits = (column: string, most: number): string =>
  `damerau_levenshtein(l.${column}, r.${column}) <= ${most}`;

/** Columns of the answer, in order: those of {@link evidenceOf}. */
export function evidenceSql(has: HasColumn): string {
  const columns = [
    has('given') ? givenSql(has('family')) : nothing,
    has('given') ? bothKnownSql : 'false',
    has('family') ? familySql : nothing,
    has('dob') ? birthDateSql : nothing,
    has('dob') ? 'coalesce(abs(l.year - r.year), 0)' : '0',
    has('sex') ? 'coalesce(l.sex <> r.sex, false)' : 'false',
    has('identifier1') ? nationalSql : nothing,
    has('suffix') ? 'coalesce(l.suffix <> r.suffix, false)' : 'false',
    householdSql(has),
    chartSql(has),
    has('newborn') ? `coalesce(l.newborn, r.newborn) is not null` : 'false',
    has('given')
      ? `coalesce(least(length(l.given), length(r.given)) = 1 and l.given[1] = r.given[1], false)`
      : 'false',
  ];
  return columns.map((column) => `(${column})`).join(', ');
}

const borneBy = (side: string): string =>
  `coalesce((select n from given_counts where given = ${side}.given), 0)`;
/** A slip is a tenth as frequent as what it is made of, at most. */
const bothKnownSql = `(least(${borneBy('l')}, ${borneBy('r')}) >= ${borne}
    and least(${borneBy('l')}, ${borneBy('r')}) * 10 > greatest(${borneBy('l')}, ${borneBy('r')}))
  or (l.given in (select name from nicknames) and r.given in (select name from nicknames))`;

function givenSql(hasFamily: boolean): string {
  const alike = (one: string, other: string): string =>
    `jaro_winkler_similarity(${one}, ${other}) >= 0.9`;
  const swapped = hasFamily
    ? `when ${alike('l.given', 'r.family')} and ${alike('l.family', 'r.given')} then 5`
    : '';
  return `case when l.given is null or r.given is null then -1 when l.given = r.given then 4 ${swapped}
    when least(length(l.given), length(r.given)) > 2
      and (starts_with(l.given, r.given) or starts_with(r.given, l.given)) then 3
    when ${edits('given', 1)} then 1
    when l.given_root = r.given_root then 2
    when jaro_winkler_similarity(l.given, r.given) >= 0.92 or l.given_sound = r.given_sound then 1
    else 0 end`;
}

const familySql = `case when l.family is null or r.family is null then -1 when l.family = r.family then 2
  when ${edits('family', 2)} or jaro_winkler_similarity(l.family, r.family) >= 0.9 or l.family_sound = r.family_sound
    or contains(l.family, r.family) or contains(r.family, l.family) then 1 else 0 end`;

const birthDateSql = `case when l.dob is null or r.dob is null then -1 when l.dob = r.dob then 3
  when ${edits('dob', 1)} or (l.year = r.year and l.month = r.day and l.day = r.month) then 2
  when abs(l.year - r.year) < 2 and l.month = r.month and abs(l.day - r.day) < 2 then 1
  when ${edits('dob', 2)} or (l.year = r.year)::integer + (l.month = r.month)::integer + (l.day = r.day)::integer > 1 then 1
  else 0 end`;

const nationalSql = `case when l.identifier1 is null or r.identifier1 is null then -1
  when l.identifier1 = r.identifier1 then 2 when ${edits('identifier1', 1)} then 1 else 0 end`;

function householdSql(has: HasColumn): string {
  const crosswise = (columns: readonly string[]): string[] =>
    columns.flatMap((left) =>
      columns.map(
        (right) =>
          `coalesce(l.${left} = r.${right} and l.${left} not in (select value from common_${left}), false)`,
      ),
    );
  const phones = crosswise(['phone1', 'phone2'].filter(has)).join(' or ');
  const parts = [
    ...(phones === '' ? [] : [phones]),
    ...['email', 'identifier2'].filter(has).flatMap((column) => crosswise([column])),
    ...(has('line') ? [placeSql(has)] : []),
  ];
  return parts.map((part) => `(${part})::integer`).join(' + ') || '0';
}

/** A street alone is in many towns; what is nearly the same line has the number of the house. */
function placeSql(has: HasColumn): string {
  const places = ['postcode', 'locality'].filter(has);
  const there = places.map((place) => `l.${place} = r.${place}`).join(' or ');
  const number = `regexp_extract(l.line, '^\\d+') = regexp_extract(r.line, '^\\d+')`;
  const line = `(l.line = r.line or (jaro_winkler_similarity(l.line, r.line) >= 0.9 and ${number}))`;
  return `coalesce(${there === '' ? line : `${line} and (${there})`}, false)`;
}

/** The columns with numbers of charts, of those that can be. */
export const chartColumns = (has: HasColumn): string[] =>
  ['chart1', 'chart2', 'chart3', 'chart4'].filter(has);

function chartSql(has: HasColumn): string {
  const columns = chartColumns(has);
  const pairs = columns.flatMap((left) =>
    columns.map((right) => `coalesce(l.${left} = r.${right}, false)`),
  );
  return pairs.join(' or ') || 'false';
}

const givens = ['differs', 'near', 'nickname', 'short form', 'same', 'swapped'] as const;
const families = ['differs', 'near', 'same'] as const;
const dates = ['differs', 'part', 'near', 'same'] as const;

/** One row of the answer to {@link evidenceSql}. */
export function evidenceOf(row: readonly unknown[]): PairEvidence {
  const [given, bothKnown, family, birthDate, years, sexDiffers, national, ...rest] = row;
  const [suffixDiffers, household, chart, newborn, initial] = rest;
  return {
    given: givens[Number(given)],
    bothKnown: bothKnown === true,
    family: families[Number(family)],
    birthDate: dates[Number(birthDate)],
    years: Number(years),
    sexDiffers: sexDiffers === true,
    national: families[Number(national)],
    suffixDiffers: suffixDiffers === true,
    household: Number(household),
    chart: chart === true,
    newborn: newborn === true,
    initial: initial === true,
  };
}
