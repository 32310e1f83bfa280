import type { RecognisedColumn, Role } from './recognise.ts';

/** SQL expressions that bring what files hold into one form. Text in, text or null out; DuckDB's dialect. */

const name = (column: string): string => `"${column.replaceAll('"', '""')}"`;

/** Words by which people say that they do not know. */
const unknowns = [
  'null',
  'none',
  'nil',
  'na',
  'n/a',
  'nan',
  'unknown',
  'unk',
  'unkn',
  'not known',
  'not available',
  '?',
  '-',
  '--',
  '.',
  'x',
  'xx',
  'xxx',
  'missing',
  'undefined',
  '(null)',
  'not stated',
  'not provided',
  'not given',
];

function known(column: string): string {
  const text = `lower(trim(${name(column)}))`;
  const words = unknowns.map((word) => `'${word}'`).join(', ');
  return `case when ${text} in ('', ${words}) then null else ${text} end`;
}

const plain = (expression: string): string => `strip_accents(${expression})`;
/** Letters and digits alone; by literal marks, because a pattern costs ten times as much. */
const letters = (expression: string): string =>
  `nullif(translate(${plain(expression)}, ' -''.,/()"_;:#&+*\\', ''), '')`;
const digitsOf = (expression: string): string =>
  `nullif(regexp_replace(${expression}, '[^0-9]+', '', 'g'), '')`;

/** Numbers that a spreadsheet has made decimals of, and what is not part of the value. */
const without = (expression: string, more = '$^'): string =>
  `regexp_replace(${expression}, '\\.0$|${more}', '')`;

const titles = `'^(mr|mrs|ms|miss|dr|prof|sir|mx|rev)\\.?\\s+|[\\s,]+(jr|sr|ii|iii|iv|md|phd|esq)\\.?$'`;

/**
 * A sound key of a name: what is written differently and heard alike is one text. Much as Soundex
 * (US patent 1,261,167), with the first letter by its sound too and no fixed length.
 */
export function soundOf(column: string): string {
  const heard = `replace(case when ${column}[1:2] in ('kn', 'gn', 'pn', 'wr') then ${column}[2:] else ${column} end, 'ph', 'f')`;
  const first = `translate(${heard}[1], 'cqgvzeiouy', 'kkjfsaaaaa')`;
  const rest = `translate(${heard}[2:], 'bfpvcgjkqsxzdtlmnraeiouyhw', '111122222222334556')`;
  const single = ['11', '22', '33', '44', '55', '66'].reduce(
    (text, pair) => `replace(${text}, '${pair}', '${pair[0] ?? ''}')`,
    rest,
  );
  return `${first} || substr(${single}, 1, 4)`;
}

/** Order of the parts of dates that are written with the year last. */
export type DateOrder = 'day first' | 'month first';

/** `YYYYMMDD` where it is a day of the calendar or eight digits that a typing error made of one. */
function birthDate(column: string, order: DateOrder): string {
  const text = `trim(${name(column)})`;
  const middle = order === 'day first' ? ['%d', '%m'] : ['%m', '%d'];
  const formats = [
    ...['-', '/', '.'].flatMap((mark) => [
      ['%Y', '%m', '%d'].join(mark),
      [...middle, '%Y'].join(mark),
      [...middle.toReversed(), '%Y'].join(mark),
    ]),
    '%Y%m%d',
    '%d %b %Y',
    '%d-%b-%Y',
    '%d %B %Y',
    '%b %d, %Y',
    '%B %d, %Y',
    '%d%b%Y',
    '%Y-%m-%d %H:%M:%S',
    '%Y-%m-%dT%H:%M:%S',
    ...['/', '-'].map((mark) => [...middle, '%y'].join(mark)),
  ];
  const list = formats.map((format) => `'${format}'`).join(', ');
  const digits = `regexp_replace(${text}, '[^0-9]', '', 'g')`;
  const cleaned = `regexp_replace(${text}, '[T ]00:00.*$|\\.0$', '')`;
  return `coalesce(strftime(try_strptime(${cleaned}, [${list}]), '%Y%m%d'),
    case when length(${digits}) = 8 then ${digits} end)`;
}

function birthParts(of: (role: Role) => string | undefined): string | undefined {
  const [year, month, day] = [of('birthYear'), of('birthMonth'), of('birthDay')];
  if (year === undefined) return undefined;
  const part = (column: string | undefined, width: number): string =>
    column === undefined
      ? `'${'0'.repeat(width)}'`
      : `lpad(coalesce(regexp_extract(${name(column)}, '\\d+'), ''), ${width}, '0')`;
  return `case when ${name(year)} is null then null else ${part(year, 4)} || ${part(month, 2)} || ${part(day, 2)} end`;
}

function streetText(column: string): string {
  return `nullif(trim(translate(${plain(known(column))}, '.,;#"/', '')), '')`;
}

/** A column of the standardised record, and how it comes from the file's columns. */
export interface StandardColumn {
  name: string;
  sql: string;
}

/** The standardised columns that recognised ones give, in SQL over the file's columns as text. */
export function standardColumns(
  recognised: readonly RecognisedColumn[],
  order: DateOrder,
): StandardColumn[] {
  const all = (role: Role): string[] =>
    recognised.filter((each) => each.role === role).map(({ column }) => column);
  const of = (role: Role): string | undefined => all(role)[0];
  const made: StandardColumn[] = [];
  const add = (column: string, sql: string | undefined): void => {
    if (sql !== undefined) made.push({ name: column, sql });
  };
  const from = (role: Role, make: (column: string) => string): string | undefined => {
    const column = of(role);
    return column === undefined ? undefined : make(column);
  };
  const whole = from(
    'fullName',
    (column) =>
      `trim(regexp_replace(regexp_replace(${known(column)}, ${titles}, '', 'g'), '\\s+', ' ', 'g'))`,
  );
  const givenOfWhole =
    whole &&
    `case when contains(${whole}, ',') then split_part(trim(split_part(${whole}, ',', 2)), ' ', 1)
      else split_part(${whole}, ' ', 1) end`;
  const familyOfWhole =
    whole &&
    `case when contains(${whole}, ',') then split_part(${whole}, ',', 1)
      when contains(${whole}, ' ') then regexp_extract(${whole}, '([^ ]+)$', 1) end`;
  const bare = (column: string): string => `regexp_replace(${known(column)}, ${titles}, '', 'g')`;
  const given = from('given', bare) ?? givenOfWhole;
  const family = from('family', bare) ?? familyOfWhole;
  add('given', given && letters(given));
  add('family', family && letters(family));
  add(
    'middle',
    from('middle', (column) => letters(known(column))),
  );
  add('dob', from('birthDate', (column) => birthDate(column, order)) ?? birthParts(of));
  add(
    'sex',
    from('sex', (column) => `nullif(nullif(substr(${known(column)}, 1, 1), 'u'), 'o')`),
  );
  add(
    'number',
    from('streetNumber', (column) => letters(known(column))),
  );
  add('street', from('street', streetText));
  add(
    'locality',
    from('locality', (column) => letters(known(column))),
  );
  add(
    'region',
    from('region', (column) => letters(known(column))),
  );
  add(
    'postcode',
    from('postcode', (column) => letters(without(known(column), '-\\d{4}$'))),
  );
  for (const [at, column] of all('phone').entries()) {
    const digits = digitsOf(known(column));
    add(`phone${at + 1}`, `case when length(${digits}) >= 6 then right(${digits}, 10) end`);
  }
  add(
    'email',
    from('email', (column) => `nullif(replace(${known(column)}, ' ', ''), '')`),
  );
  for (const [at, column] of all('identifier').entries()) {
    add(`identifier${at + 1}`, letters(without(known(column))));
  }
  return made;
}
