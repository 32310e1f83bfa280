import { identifierKind, type RecognisedColumn, type Role } from './recognise.ts';

/** SQL expressions that bring what files hold into one form. Text in, text or null out; DuckDB's dialect. */

/** A column of a file as SQL names it. */
export const quoted = (column: string): string => `"${column.replaceAll('"', '""')}"`;

/** One digit alone. */
const oneDigit = Array.from({ length: 10 }, (_, digit) => `^${digit}+$`).join('|');

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
  const text = `lower(trim(${quoted(column)}))`;
  const words = unknowns.map((word) => `'${word}'`).join(', ');
  return `case when ${text} in ('', ${words}) then null else ${text} end`;
}

/** Letters without accents; some are letters of their own and lose theirs by hand. */
const plain = (expression: string): string =>
  `translate(strip_accents(${expression}), 'łøđıßæœþð', 'lodisaotd')`;
/** Letters and digits alone; by literal marks, because a pattern costs ten times as much. */
const letters = (expression: string): string =>
  `nullif(translate(${plain(expression)}, ' -''.,/()"_;:#&+*\\', ''), '')`;
const digitsOf = (expression: string): string =>
  `nullif(regexp_replace(${expression}, '[^0-9]+', '', 'g'), '')`;

/** Numbers that a spreadsheet has made decimals of, and what is not part of the value. */
const without = (expression: string, more = '$^'): string =>
  `regexp_replace(${expression}, '\\.0$|${more}', '')`;

const titles = `'^(mr|mrs|ms|miss|dr|prof|sir|mx|rev)\\.?\\s+|[\\s,]+(jr|sr|ii|iii|iv|md|phd|esq)\\.?$'`;

const withoutTitles = (sql: string): string => `regexp_replace(${sql}, ${titles}, '', 'g')`;

/** What a newborn is called until it has a name, letters alone. */
const unnamed = `'^(baby|newborn|infant|neonate|twin|triplet|bb|bg|bboy|bgirl)(boy|girl|male|female|twin|[abc]|[0-9])*$|^(boy|girl)[abc0-9]?$'`;

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

/** How a file writes what others write otherwise. */
export interface Conventions {
  dateOrder: DateOrder;
  /** Its letters of sex are H and M: hombre and mujer. */
  womanIsM: boolean;
}

/** `YYYYMMDD` where it is a day of the calendar or eight digits that a typing error made of one. */
function birthDate(column: string, order: DateOrder): string {
  const text = `trim(${quoted(column)})`;
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
      : `lpad(coalesce(regexp_extract(${quoted(column)}, '\\d+'), ''), ${width}, '0')`;
  return `case when ${quoted(year)} is null then null else ${part(year, 4)} || ${part(month, 2)} || ${part(day, 2)} end`;
}

/** Where people live who told nobody where. */
const nowhere = [
  'homeless',
  'no fixed address',
  'no fixed abode',
  'general delivery',
  'same',
  'same as above',
];

function streetText(column: string): string {
  const text = `nullif(trim(translate(${plain(known(column))}, '.,;#"/', '')), '')`;
  return `case when ${text} not in (${nowhere.map((each) => `'${each}'`).join(', ')}) then ${text} end`;
}

/** Addresses that forms are filled with: `none@none.com`, `noemail@example.org`. */
const noMail = `'^(no|none|na|nomail|noemail|noreply|unknown|declined|refused|test|x+)@'`;

function mailText(column: string): string {
  const text = `nullif(replace(${known(column)}, ' ', ''), '')`;
  return `case when not regexp_matches(${text}, ${noMail}) then ${text} end`;
}

/** A column of the standardised record, and how it comes from the file's columns. */
export interface StandardColumn {
  name: string;
  sql: string;
  /** The one column of the file that it is made of, where it is made of one alone. */
  of?: string;
}

/** The standardised columns that recognised ones give, in SQL over the file's columns as text. */
export function standardColumns(
  recognised: readonly RecognisedColumn[],
  conventions: Conventions,
): StandardColumn[] {
  const all = (role: Role): string[] =>
    recognised.filter((each) => each.role === role).map(({ column }) => column);
  const of = (role: Role): string | undefined => all(role)[0];
  const from = (
    role: Role,
    standard: string,
    make: (column: string) => string,
  ): StandardColumn[] => {
    const column = of(role);
    return column === undefined ? [] : [{ name: standard, sql: make(column), of: column }];
  };
  const word = (column: string): string => letters(known(column));
  return [
    ...nameColumns(of),
    ...from('middle', 'middle', word),
    ...birthColumns(of, conventions),
    ...from('sex', 'sex', (column) => sexOf(column, conventions.womanIsM)),
    ...from('streetNumber', 'number', word),
    ...from('street', 'street', streetText),
    ...from('locality', 'locality', word),
    ...from('region', 'region', word),
    ...from('postcode', 'postcode', (column) => letters(without(known(column), '-\\d{4}$'))),
    ...all('phone').map((column, at) => ({
      name: `phone${at + 1}`,
      sql: phoneNumber(column),
      of: column,
    })),
    ...from('email', 'email', mailText),
    ...recognised.filter(({ role }) => role === 'identifier').map(identifierColumn),
  ];
}

/** Names from columns of their own, or from one with the whole name. */
function nameColumns(of: (role: Role) => string | undefined): StandardColumn[] {
  const [givenIn, familyIn, wholeIn] = [of('given'), of('family'), of('fullName')];
  const whole = wholeIn && wholeName(wholeIn);
  const given = givenIn ? withoutTitles(known(givenIn)) : whole && givenOf(whole);
  const family = familyIn
    ? withoutTitles(known(familyIn))
    : whole && withoutTitles(familyOf(whole));
  const called = given && letters(given);
  const suffixIn = wholeIn ?? familyIn;
  const suffix = suffixOf(of('suffix') && known(of('suffix') ?? ''), suffixIn && known(suffixIn));
  const made: [name: string, sql: string | undefined, from: string | undefined][] = [
    [
      'given',
      called && `case when not regexp_matches(${called}, ${unnamed}) then ${called} end`,
      givenIn ?? wholeIn,
    ],
    [
      'newborn',
      called && `case when regexp_matches(${called}, ${unnamed}) then '1' end`,
      givenIn ?? wholeIn,
    ],
    ['family', family && letters(family), familyIn ?? wholeIn],
    ['suffix', suffix, of('suffix') === undefined ? suffixIn : undefined],
  ];
  return made.flatMap(([standard, sql, from]) =>
    sql === undefined ? [] : [{ name: standard, sql, ...(from !== undefined && { of: from }) }],
  );
}

const wholeName = (column: string): string =>
  `trim(regexp_replace(${withoutTitles(known(column))}, '\\s+', ' ', 'g'))`;

const givenOf = (whole: string): string =>
  `case when contains(${whole}, ',') then split_part(trim(split_part(${whole}, ',', 2)), ' ', 1)
    else split_part(${whole}, ' ', 1) end`;

const familyOf = (whole: string): string =>
  `case when contains(${whole}, ',') then split_part(${whole}, ',', 1)
    when contains(${whole}, ' ') then regexp_extract(${whole}, '([^ ]+)$', 1) end`;

function birthColumns(
  of: (role: Role) => string | undefined,
  { dateOrder }: Conventions,
): StandardColumn[] {
  const column = of('birthDate');
  if (column !== undefined) return [{ name: 'dob', sql: birthDate(column, dateOrder), of: column }];
  const parts = birthParts(of);
  return parts === undefined ? [] : [{ name: 'dob', sql: parts }];
}

function phoneNumber(column: string): string {
  const digits = digitsOf(known(column));
  const number = `right(${digits}, 10)`;
  return `case when length(${digits}) >= 6 and not regexp_matches(${number}, '${oneDigit}|^1234567890$') then ${number} end`;
}

function identifierColumn({ column, slot }: RecognisedColumn, at: number): StandardColumn {
  const sql = letters(without(known(column)));
  const national = identifierKind(column) === 'national';
  return {
    name: `identifier${slot ?? at + 1}`,
    sql: national ? withoutPlaceholders(sql) : sql,
    of: column,
  };
}

/** Generation of a name: senior is `1`, junior `2`. */
function suffixOf(own: string | undefined, whole: string | undefined): string | undefined {
  const ending = whole && `regexp_extract(${whole}, '[\\s,]+(jr|sr|ii|iii|iv)\\.?(,|$)', 1)`;
  const text = [own && `replace(${own}, '.', '')`, ending && `nullif(${ending}, '')`].filter(
    (each) => each !== undefined,
  );
  if (text.length === 0) return undefined;
  const one = text.length === 1 ? text[0] : `coalesce(${text.join(', ')})`;
  return `case ${one} when 'sr' then '1' when 'senior' then '1' when 'i' then '1' when 'jr' then '2'
    when 'junior' then '2' when 'ii' then '2' when 'iii' then '3' when 'iv' then '4' end`;
}

/** What sexes are called where people of Europe and the Americas register; their letters otherwise. */
const sexWords = {
  f: `f fem female woman girl w weiblich frau femme feminin féminin mujer femenino feminino mulher
    hembra femmina donna v vrouw vrouwelijk kvinna kvinne kvinde k kobieta 2`,
  m: `m male man boy männlich mann homme masculin hombre masculino varon varón h homem maschio uomo
    mannelijk mezczyzna mężczyzna 1`,
};

/** `f` or `m`; what is neither (unknown, other, undifferentiated) says nothing. */
function sexOf(column: string, womanIsM: boolean): string {
  const text = `trim(${known(column)}, ' .')`;
  const first = womanIsM ? `when ${text} = 'm' then 'f' ` : '';
  const cases = Object.entries(sexWords).map(
    ([sex, words]) =>
      `when ${text} in (${words
        .split(/\s+/)
        .map((word) => `'${word}'`)
        .join(', ')}) then '${sex}'`,
  );
  return `case ${first}${cases.join(' ')} end`;
}

/**
 * Numbers that forms are filled with where nobody knows one: one digit alone, counted up or down, and
 * social security numbers that cannot be (area 000 or 666, group 00, serial 0000). Areas from 900 on
 * are those of taxpayers, and tell people apart as well.
 */
function withoutPlaceholders(sql: string): string {
  return `case when regexp_matches(${sql}, '${oneDigit}|^(0?123456789|1234567890|987654321|078051120|219099999)$')
    or (regexp_matches(${sql}, '^\\d{9}$') and regexp_matches(${sql}, '^(000|666)|^...00|0000$')) then null else ${sql} end`;
}
