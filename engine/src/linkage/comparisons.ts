import type { Comparison, ComparisonLevel, Shared } from './model.ts';

/** Columns that a standardised record can have; comparisons are made of those it has. */
export type HasColumn = (column: string) => boolean;

/** How often two people agree exactly, before anything is known of the records at hand. */
const chances = {
  given: 0.005,
  family: 0.002,
  middle: 0.01,
  dob: 0.00005,
  sex: 0.5,
  place: 0.01,
  address: 0.00001,
  phone: 0.00001,
  email: 0.000001,
  identifier: 0.000001,
} as const;

/** Chance of one value of a column whose frequencies adjust weights. */
export function chanceOf(column: string): number {
  if (column === 'postcode' || column === 'locality') return chances.place;
  const name = column.replace(/\d$/, '');
  return chances[name as keyof typeof chances];
}

const otherwise = (m: number, label = 'all other'): ComparisonLevel => ({ label, sql: 'true', m });
const same = (column: string): string => `l.${column} = r.${column}`;
const missing = (column: string): string => `l.${column} is null or r.${column} is null`;
const near = (column: string, least: number): string =>
  `jaro_winkler_similarity(l.${column}, r.${column}, ${least}) >= ${least}`;
/** Letters that differ between texts of one length; in bytes, because that is what `hamming` counts. */
const differing = (left: string, right: string): string =>
  `(case when strlen(${left}) = strlen(${right}) then hamming(${left}, ${right}) else 99 end)`;

/**
 * Damerau-Levenshtein, at most one or two edits. It is dear, so what is cheap is asked first: texts of
 * one length by the letters that differ, of which Jaro leaves `1 - 1 / (3 * length)` where two neighbours
 * are transposed; others by Jaro, of which `n` edits leave `1 - n / length`.
 */
function edited(left: string, right: string, most: 1 | 2): string {
  const swap =
    most === 1
      ? `when ${differing(left, right)} = 2 then
          (strlen(${left}) < 4 or jaro_similarity(${left}, ${right}) > 1 - 0.34 / strlen(${left}))
          and damerau_levenshtein(${left}, ${right}) = 1`
      : '';
  return `(case when ${differing(left, right)} <= ${most} then true ${swap}
    when length(${left}) = length(${right}) or abs(length(${left}) - length(${right})) > ${most} then false
    when jaro_similarity(${left}, ${right}) < 1 - ${most} / length(${left}) then false
    else damerau_levenshtein(${left}, ${right}) <= ${most} end)`;
}
const edits = (column: string, most: 1 | 2): string => edited(`l.${column}`, `r.${column}`, most);
const household: Shared = { by: 'household' };
const own = (exact: number): Shared => ({ by: 'chance', exact });

const swapped = 'l.given = r.family and l.family = r.given';

/** The comparisons of the default model: what there is of ordinary demographics, each only once. */
export function defaultComparisons(has: HasColumn): Comparison[] {
  return [
    ...(has('given') ? [givenName(has('family'))] : []),
    ...(has('family') ? [familyName(has('given'))] : []),
    ...(has('middle') ? [middleName] : []),
    ...(has('dob') ? [birthDate] : []),
    ...(has('sex') ? [sex] : []),
    ...address(has),
    ...phone(has),
    ...(has('email') ? [email(has)] : []),
    ...[1, 2, 3, 4].filter((at) => has(`identifier${at}`)).map(identifier),
  ];
}

function givenName(hasFamily: boolean): Comparison {
  const swap: ComparisonLevel = {
    label: 'given and family name swapped',
    sql: swapped,
    m: 0.01,
  };
  return {
    name: 'given name',
    chance: chances.given,
    nullSql: missing('given'),
    termColumn: 'given',
    shared: own(0.02),
    mostOther: 0.3,
    levels: [
      { label: 'exact', sql: same('given'), m: 0.76, termFrequency: true },
      ...(hasFamily ? [swap] : []),
      { label: 'nickname', sql: 'l.given_root = r.given_root', m: 0.03 },
      {
        label: 'one letter off, or Jaro-Winkler at least 0.92',
        sql: `${near('given', 0.92)} or (length(l.given) > 3 and ${edits('given', 1)})`,
        m: 0.09,
      },
      {
        label: 'sounds alike, or an initial',
        sql: `l.given_sound = r.given_sound or ((length(l.given) = 1 or length(r.given) = 1) and l.given[1] = r.given[1])`,
        m: 0.03,
      },
      { label: 'Jaro-Winkler at least 0.8', sql: near('given', 0.8), m: 0.03 },
      otherwise(0.05),
    ],
  };
}

function familyName(hasGiven: boolean): Comparison {
  return {
    name: 'family name',
    chance: chances.family,
    nullSql: hasGiven ? `${missing('family')} or (${swapped})` : missing('family'),
    termColumn: 'family',
    shared: household,
    mostOther: 0.3,
    levels: [
      { label: 'exact', sql: same('family'), m: 0.8, termFrequency: true },
      {
        label: 'one letter off, or Jaro-Winkler at least 0.92',
        sql: `${near('family', 0.92)} or (length(l.family) > 3 and ${edits('family', 1)})`,
        m: 0.09,
      },
      {
        label: 'sounds alike, or part of a double name',
        sql: `l.family_sound = r.family_sound or (length(l.family) > 3 and length(r.family) > 3 and (contains(l.family, r.family) or contains(r.family, l.family)))`,
        m: 0.04,
      },
      { label: 'Jaro-Winkler at least 0.8', sql: near('family', 0.8), m: 0.02 },
      otherwise(0.05),
    ],
  };
}

const middleName: Comparison = {
  name: 'middle name',
  chance: chances.middle,
  nullSql: missing('middle'),
  termColumn: 'middle',
  shared: own(0.02),
  levels: [
    { label: 'exact', sql: same('middle'), m: 0.75, termFrequency: true },
    {
      label: 'initial, or Jaro-Winkler at least 0.9',
      sql: `${near('middle', 0.9)} or ((length(l.middle) = 1 or length(r.middle) = 1) and l.middle[1] = r.middle[1])`,
      m: 0.15,
    },
    otherwise(0.1),
  ],
};

const birthDate: Comparison = {
  name: 'birth date',
  chance: chances.dob,
  nullSql: missing('dob'),
  termColumn: 'dob',
  shared: own(0.015),
  mostOther: 0.3,
  levels: [
    { label: 'exact', sql: same('dob'), m: 0.84, termFrequency: true },
    {
      label: 'day and month swapped',
      sql: 'l.year = r.year and l.month = r.day and l.day = r.month',
      m: 0.01,
    },
    { label: 'one digit off, or two transposed', sql: edits('dob', 1), m: 0.06 },
    {
      label: 'day, month or year off',
      sql: `(l.year = r.year and (l.month = r.month or l.day = r.day)) or (l.month = r.month and l.day = r.day)`,
      m: 0.04,
    },
    { label: 'two digits off', sql: edits('dob', 2), m: 0.02 },
    otherwise(0.03),
  ],
};

const sex: Comparison = {
  name: 'sex',
  chance: chances.sex,
  nullSql: missing('sex'),
  shared: own(0),
  mostOther: 0.15,
  levels: [{ label: 'exact', sql: same('sex'), m: 0.98 }, otherwise(0.02)],
};

/**
 * One comparison for all of an address: who shares a street shares the suburb, so its parts as
 * comparisons of their own would count one coincidence several times.
 */
function address(has: HasColumn): Comparison[] {
  const places = ['postcode', 'locality'].filter(has);
  const anyPlace = places.map(same).join(' or ');
  const allPlaces = places.map(same).join(' and ');
  const closePlace = places.map((each) => near(each, 0.9)).join(' or ');
  if (!has('line'))
    return places.length === 0 ? [] : [place(places, allPlaces, anyPlace, closePlace)];
  const there = places.length === 0 ? undefined : `coalesce(${anyPlace} or ${closePlace}, false)`;
  const numbered = has('number') && has('street');
  const levels: ComparisonLevel[] = [
    {
      label: 'exact',
      sql: there === undefined ? same('line') : `${same('line')} and ${there}`,
      m: 0.55,
    },
    ...(there === undefined
      ? [{ label: 'Jaro-Winkler at least 0.9', sql: near('line', 0.9), m: 0.15 }]
      : [
          {
            label: 'nearly the same line at the same place',
            sql: `${near('line', 0.88)} and ${there}`,
            m: 0.12,
          },
          { label: 'exact line elsewhere', sql: same('line'), m: 0.04 },
        ]),
    ...(numbered
      ? [{ label: 'same street, another number', sql: near('street', 0.92), m: 0.04 }]
      : []),
    ...(there === undefined
      ? []
      : [
          ...(places.length > 1
            ? [{ label: 'same postcode and locality', sql: allPlaces, m: 0.08 }]
            : []),
          { label: 'same postcode or locality', sql: anyPlace, m: 0.05 },
        ]),
    otherwise(0.12),
  ];
  const nullSql = [...new Set(['line', ...places])]
    .map((each) => `(${missing(each)})`)
    .join(' and ');
  return [{ name: 'address', chance: chances.address, nullSql, levels, shared: household }];
}

function place(places: readonly string[], all: string, any: string, close: string): Comparison {
  const [first = ''] = places;
  return {
    name: 'place',
    chance: chances.place,
    nullSql: places.map((each) => `(${missing(each)})`).join(' and '),
    shared: household,
    ...(places.length === 1 && { termColumn: first }),
    levels: [
      { label: 'exact', sql: all, m: 0.75, termFrequency: places.length === 1 },
      ...(places.length > 1 ? [{ label: 'postcode or locality', sql: any, m: 0.1 }] : []),
      { label: 'Jaro-Winkler at least 0.9', sql: close, m: 0.05 },
      otherwise(0.1),
    ],
  };
}

/** Telephones are compared crosswise: what was the home's is another file's mobile. */
function phone(has: HasColumn): Comparison[] {
  const columns = ['phone1', 'phone2'].filter(has);
  const crosswise = (make: (left: string, right: string) => string): string =>
    columns
      .flatMap((left) =>
        columns.map((right) => `coalesce(${make(`l.${left}`, `r.${right}`)}, false)`),
      )
      .join(' or ');
  if (columns.length === 0) return [];
  const none = (side: string): string =>
    `coalesce(${columns.map((column) => `${side}.${column}`).join(', ')}) is null`;
  return [
    {
      name: 'phone',
      chance: chances.phone,
      nullSql: `${none('l')} or ${none('r')}`,
      shared: household,
      ...(columns.length === 1 && { termColumn: 'phone1' }),
      levels: [
        {
          label: 'exact',
          sql: crosswise((left, right) => `${left} = ${right}`),
          m: 0.6,
          termFrequency: columns.length === 1,
        },
        {
          label: 'two digits off at most',
          sql: crosswise((left, right) => edited(left, right, 2)),
          m: 0.08,
        },
        otherwise(0.32),
      ],
    },
  ];
}

/**
 * An address of e-mail is made of its owner's name: where two records have one name, that their
 * addresses are alike says nothing more, and only equal ones count.
 */
function email(has: HasColumn): Comparison {
  const alike = `l.email_user = r.email_user or ${near('email_user', 0.88)} or ${edits('email_user', 1)}`;
  const namesakes = ['given', 'family'].filter(has).map(same);
  const explained =
    namesakes.length === 0
      ? ''
      : ` or (${[...namesakes, 'l.email <> r.email', `(${alike})`].join(' and ')})`;
  return {
    name: 'email',
    chance: chances.email,
    nullSql: `${missing('email')}${explained}`,
    termColumn: 'email',
    shared: household,
    levels: [
      { label: 'exact', sql: same('email'), m: 0.65, termFrequency: true },
      { label: 'same user, another domain', sql: 'l.email_user = r.email_user', m: 0.08 },
      {
        label: 'user one letter off, or Jaro-Winkler at least 0.92',
        sql: `${near('email_user', 0.92)} or ${edits('email_user', 1)}`,
        m: 0.1,
      },
      { label: 'user Jaro-Winkler at least 0.88', sql: near('email_user', 0.88), m: 0.04 },
      otherwise(0.13),
    ],
  };
}

function identifier(at: number): Comparison {
  const column = `identifier${at}`;
  return {
    name: `identifier ${at}`,
    chance: chances.identifier,
    nullSql: missing(column),
    termColumn: column,
    shared: own(0),
    levels: [
      { label: 'exact', sql: same(column), m: 0.85, termFrequency: true },
      { label: 'one digit off, or two transposed', sql: edits(column, 1), m: 0.08 },
      { label: 'two digits off', sql: edits(column, 2), m: 0.03 },
      otherwise(0.04),
    ],
  };
}
