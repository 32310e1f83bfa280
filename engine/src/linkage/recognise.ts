/** What a column of a file of people holds. */
export const roles = [
  'given',
  'middle',
  'family',
  'suffix',
  'fullName',
  'birthDate',
  'birthYear',
  'birthMonth',
  'birthDay',
  'sex',
  'streetNumber',
  'street',
  'unit',
  'locality',
  'region',
  'postcode',
  'phone',
  'email',
  'identifier',
] as const;
export type Role = (typeof roles)[number];

/** What is known of a column before it is read as anything. */
export interface ColumnProfile {
  name: string;
  rows: number;
  filled: number;
  distinct: number;
  /** Values of some hundred rows, trimmed. */
  sample: readonly string[];
}

export interface RecognisedColumn {
  column: string;
  role: Role;
  /** Of an identifier: which of the standardised ones it is, where several files have to agree. */
  slot?: number;
}

/**
 * The role of every column that has one, by its name and by what it holds; at most one column has each
 * role, except phones and identifiers. A column that nothing speaks for is left out: it is not compared.
 */
export function recogniseColumns(columns: readonly ColumnProfile[]): RecognisedColumn[] {
  const scored = columns.flatMap((profile) =>
    profile.filled === 0
      ? []
      : roles.map((role) => ({ profile, role, score: scoreOf(profile, role) })),
  );
  const sorted = scored
    .filter(({ score }) => score > 0)
    .toSorted((one, other) => other.score - one.score || other.profile.filled - one.profile.filled);
  const given = new Map<string, Role>();
  const taken = new Map<Role, number>();
  for (const { profile, role } of sorted) {
    const most = several[role] ?? 1;
    if (given.has(profile.name) || (taken.get(role) ?? 0) >= most) continue;
    given.set(profile.name, role);
    taken.set(role, (taken.get(role) ?? 0) + 1);
  }
  if (taken.has('given') && taken.has('family')) dropRole(given, 'fullName');
  if (taken.has('birthDate')) {
    for (const part of ['birthYear', 'birthMonth', 'birthDay'] as const) dropRole(given, part);
  }
  return columns.flatMap(({ name }) => {
    const role = given.get(name);
    return role === undefined ? [] : [{ column: name, role }];
  });
}

/** Whose an identifier is: a person's anywhere, a household's, or a chart's in one house. */
export type IdentifierKind = 'national' | 'member' | 'chart';

export function identifierKind(column: string): IdentifierKind {
  const words = wordsOf(column).join(' ');
  if (/\b(member|subscriber|policy|insurance|medicaid|hicn?)\b/.test(words)) return 'member';
  return chartWords.test(words) ? 'chart' : 'national';
}

const chartWords =
  /\b(mrn|chart|patient|med rec|medical record|account|acct|person|personal (id|number|no))\b/;

const several: Partial<Record<Role, number>> = { phone: 2, identifier: 4 };

function dropRole(given: Map<string, Role>, role: Role): void {
  for (const [column, has] of given) if (has === role) given.delete(column);
}

/** Words of a name: `patientFirst_nm` is patient, first, nm. */
function wordsOf(name: string): string[] {
  return name
    .replaceAll(/([a-z\d])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^\p{L}\d]+|(?<=\p{L})(?=\d)/u)
    .filter((word) => word !== '');
}

/** Names that speak for a role, as words that stand in the column's name one behind the other. */
const namePatterns: Readonly<Record<Role, RegExp>> = {
  given:
    /\b(given|first|frst|fst|fore|christian|vor|prenom|prénom|nombre) ?(names?|nm|n)?\b|\b(?:patient|pt|pat|person|member|client)?(fname|firstname|givenname|forename|frstnm|fnm|vorname|fst nm)s?\b/,
  middle: /\b(middle|mid|second|mi|mname|middlename|mid init|minit)\b/,
  family:
    /\b(family|last|sur|lst) ?(names?|nm|n)\b|\b(?:patient|pt|pat|person|member|client)?(family|last|surname|lname|lastname|familyname|nachname|apellidos?|lnm|snm|nom)\b/,
  suffix: /\b(suffix|sufx|name suffix|generation suffix)\b/,
  fullName:
    /\b(full|whole|patient|pt|person|member|client|complete|display)? ?(name|nm|fullname)\b/,
  birthDate:
    /\b(dob|birth ?date|birthdate|date of birth|birth ?day|birthday|birth dt|dt of birth|bdate|born|born on|geburtsdatum|birth|dateofbirth)\b/,
  birthYear: /\b(birth ?year|year of birth|yob|by|birth yr|birthyear)\b/,
  birthMonth: /\b(birth ?month|month of birth|mob|bm|birth mo|birthmonth)\b/,
  birthDay: /\b(birth ?day|day of birth|bd|birth dy)\b/,
  sex: /\b(sex|gender|sexo|geschlecht|sexe)\b/,
  streetNumber:
    /\b(street|house|st|building|addr|address) ?(number|num|no|nr|nbr)\b|\b(streetnumber|housenumber|hausnummer)\b/,
  street:
    /\b(street|address|addr|adr|add|road)( ?(line|name|ln|nm))?( ?1)?\b|\b(address1|addr1|streetname|strasse|thoroughfare|line 1)\b/,
  unit: /\b(unit|apartment|apt|flat|suite|address ?(line )?2|addr ?(line )?2|line 2)\b/,
  locality: /\b(city|town|suburb|locality|village|municipality|ort|ciudad|place|cty)\b/,
  region: /\b(state|province|region|county|prov|st|territory|bundesland)\b/,
  postcode: /\b(post ?code|postal ?code|postal|zip|zip ?code|zipcode|postcode|plz|pcode|zip5)\b/,
  phone:
    /\b(phone|telephone|tel|mobile|cell|cellphone|landline|phonenumber|telecom|ph|fon|homephone)\b/,
  email: /\b(e ?mail|email ?(address|addr)?|mail)\b/,
  identifier:
    /\b(ssn|sin|nhs|mrn|mbi|hicn?|medicare|medicaid|insurance|passport|license|licence|driver|social|soc sec|national|identity|identifier|health ?(card|number|id|no)|ihi|chi|ppsn|bsn|nino|policy|subscriber|member ?(id|no|number)|tax|patient ?(id|no|number|nbr)|chart|account|acct|med rec|medical record|nin|ahv|insee|cpf|curp|aadhaar|personal (id|number|no))\b/,
};

/** Words of a column about somebody else, or about something else of the same form. */
const ofOthers =
  /\b(mother|father|maiden|spouse|guardian|emergency|contact|next of kin|kin|nok|doctor|physician|provider|pcp|employer|guarantor|insurer|payer|company|facility|clinic|hospital|alias|previous|former|death|died|deceased|visit|admit|admission|created|updated|modified|registered|registration|age|user ?name|file|street type)\b/;

/** Names of the key of a row, which says nothing of who it is about. */
const rowKeys =
  /^(rec(ord)?|row|unique|entity|cluster|source|index|idx|line|seq)( ?(id|no|number|key))?$|^id$/;

function scoreOf(profile: ColumnProfile, role: Role): number {
  const words = wordsOf(profile.name).join(' ');
  if (rowKeys.test(words)) return 0;
  const fit = contentFit(profile, role);
  if (fit === 0) return 0;
  const named = namePatterns[role].test(words) && !ofOthers.test(words);
  if (named) return 2 * specific(role) + fit;
  // Not named: only what nothing else looks like, and never where the name speaks of others.
  const plain = role === 'email' || role === 'birthDate';
  return plain && fit >= 0.9 && !ofOthers.test(words) ? fit / 2 : 0;
}

/** Where a name speaks for two roles ("patient first name"), the narrower one wins. */
function specific(role: Role): number {
  if (role === 'fullName') return 1;
  if (role === 'street' || role === 'region' || role === 'birthDate') return 2;
  return 3;
}

/** How well the values can be of a role: 0 where they cannot. */
function contentFit({ sample, distinct, filled }: ColumnProfile, role: Role): number {
  const share = (test: (value: string) => boolean): number =>
    sample.filter(test).length / Math.max(1, sample.length);
  const atLeast = (least: number, fit: number): number => (fit >= least ? fit : 0);
  const letters = (value: string): boolean => /\p{L}/u.test(value) && !/\d{3}|@/.test(value);
  switch (role) {
    case 'given':
    case 'family':
    case 'middle':
      return atLeast(0.6, share(letters));
    case 'suffix':
      return atLeast(
        0.6,
        share((value) => /^[a-z]{1,4}\.?$/i.test(value)),
      );
    case 'fullName':
      return atLeast(
        0.6,
        share((value) => letters(value) && /\S[\s,]+\S/.test(value)),
      );
    case 'birthDate':
      return atLeast(0.6, share(looksLikeDate));
    case 'birthYear':
      return atLeast(
        0.8,
        share((value) => /^(18|19|20)\d\d(\.0)?$/.test(value)),
      );
    case 'birthMonth':
      return atLeast(
        0.8,
        share((value) => /^(0?\d|1[0-2])(\.0)?$/.test(value)),
      );
    case 'birthDay':
      return atLeast(
        0.8,
        share((value) => /^([0-2]?\d|3[01])(\.0)?$/.test(value)),
      );
    case 'sex':
      return distinct <= Math.max(12, filled / 200) ? 1 : 0;
    case 'streetNumber':
      return atLeast(
        0.6,
        share((value) => /\d/.test(value) && value.length <= 12),
      );
    case 'street':
      return atLeast(
        0.5,
        share((value) => /\p{L}{2}/u.test(value)),
      );
    case 'unit':
      return 1;
    case 'locality':
      return atLeast(0.6, share(letters));
    case 'region':
      return filled === distinct && filled > 20 ? 0 : 1;
    case 'postcode':
      return atLeast(
        0.5,
        share((value) => /\d/.test(value) && value.length <= 12),
      );
    case 'phone':
      return atLeast(
        0.5,
        share((value) => /^\D*(\d\D*){6,16}$/.test(value)),
      );
    case 'email':
      return atLeast(
        0.5,
        share((value) => /^\S+@\S*$/.test(value)),
      );
    case 'identifier':
      return atLeast(
        0.5,
        share((value) => /\d{3}/.test(value) && value.length <= 30),
      );
  }
}

/** Whether it can be a day of somebody's birth, in any order of its parts. */
function looksLikeDate(value: string): boolean {
  return /^(18|19|20)\d\d[-/. ]?\d{1,2}[-/. ]?\d{1,2}([T ].*)?$|^\d{1,2}[-/. ](\d{1,2}|[A-Za-z]{3,9})[-/. ,]+(\d{4}|\d{2})( .*)?$|^[A-Za-z]{3,9} \d{1,2},? \d{4}$/.test(
    value,
  );
}
