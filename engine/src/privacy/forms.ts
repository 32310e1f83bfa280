import { isDea, isIban, isNpi, isVin, maySsn, passesLuhn } from './checksums.ts';
import { dateForms } from './dateForms.ts';
import type { Identifier, IdentifierKind } from './identifier.ts';

/** A place that a form fits. A weak one yields to what the model says of the same place. */
export interface Found extends Identifier {
  strength: 'strong' | 'weak';
  /** A telephone number of the form of another country. */
  foreign?: boolean;
}

interface Form {
  kind: IdentifierKind;
  pattern: RegExp;
  strength: Found['strength'];
  /** Looks at the whole match and at the text before it. */
  accepts?: (match: string, before: string) => boolean;
}

const digitsOf = (text: string): string => text.replaceAll(/\D/g, '');

/** A word in front that says what a number is, at most a few signs away from it. */
function named(words: string): RegExp {
  return new RegExp(
    `(?:${words})(?:\\s*(?:number|num|no|nr|nbr|id|code|is|was|of|the|my|your|record|file)\\b\\.?|\\s*[:#=.\\-(]|\\s){0,6}\\s*$`,
    'i',
  );
}

const ssnWords = named('\\bssn|\\bsocial(?: security)?|\\bsoc\\.? ?sec\\.?|\\bss ?#');
const cardWords = named('\\bcards?|\\bvisa|\\bmaster ?card|\\bamex|\\bcc|\\bdiscover');
const recordWords = named(
  '\\bmrn?|\\bmed(?:ical)?\\.? rec(?:ord)?s?|\\bchart|\\bunit (?:no|number|#)|\\bvisit|\\bencounter|\\bfin|\\bcsn|\\baccession|\\brecord|\\bpatient|\\bpt|\\bcase|\\bspecimen|\\bhospital',
);
const accountWords = named(
  '\\bacc(?:oun)?ts?|\\bpolicy|\\bmember(?:ship)?|\\bsubscriber|\\bgroup|\\bclaim|\\bmedicaid|\\bmedicare|\\bmbi|\\bhicn?|\\bbeneficiary|\\binsurance|\\bpayer|\\brouting|\\biban|\\breference|\\bref|\\btracking|\\border|\\binvoice|\\bticket|\\bpassport',
);
const licenceWords = named(
  "\\blicen[cs]es?|\\bdl|\\bd\\.l\\.|\\bdriver'?s?|\\bdea|\\bcertificate|\\bregistration",
);
const vehicleWords = named('\\bvin|\\bplates?|\\btag|\\bvehicle');
const deviceWords = named(
  '\\bserial|\\bs/n|\\bsn|\\budi|\\bdevice|\\bimplant|\\bpacemaker|\\bmodel|\\blot',
);
const npiWords = named('\\bnpi');
/** Numbers that are amounts, doses and codes, not numbers of a person. */
const number = String.raw`(?<![\p{L}\d$€£%+]|\d[.,])`;
const noMore = String.raw`(?![\p{L}\d%]|[.,]\d)`;

function after(kind: IdentifierKind, words: RegExp, form: string): Form {
  return {
    kind,
    pattern: new RegExp(`(?<![\\p{L}\\d])${form}(?![\\p{L}\\d])`, 'giu'),
    strength: 'strong',
    accepts: (match, before) => /\d.*\d.*\d/s.test(match) && words.test(before),
  };
}

const anyNumber = String.raw`[A-Z]{0,3}[- ]?\d[\dA-Z]*(?:[-/ ]?\d[\dA-Z]*){0,5}`;

/** Every form, those that say most first. */
const forms: readonly Form[] = [
  {
    kind: 'email',
    strength: 'strong',
    pattern: /[\p{L}\d][\p{L}\d._%+'-]*@[\p{L}\d-]+(?:\.[\p{L}\d-]+)+/giu,
  },
  {
    kind: 'url',
    strength: 'strong',
    pattern: /\b(?:https?|ftp|sftp):\/\/[^\s<>"')\]]+|\bwww\.[^\s<>"')\]]+/giu,
  },
  {
    kind: 'url',
    strength: 'weak',
    pattern:
      /(?<![\p{L}\d@.])[a-z\d][a-z\d-]*(?:\.[a-z\d-]+)*\.(?:com|org|net|edu|gov|info|io|biz|co\.uk|de|fr|ch|eu|us)(?:\/[^\s<>"')\]]*)?(?![\p{L}\d])/giu,
  },
  {
    kind: 'ip',
    strength: 'strong',
    pattern:
      /(?<![\d.])(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)(?![\d.]*\d)/g,
  },
  {
    kind: 'ip',
    strength: 'strong',
    pattern:
      /(?<![\p{L}\d:])(?:[\da-f]{1,4}:){4,7}[\da-f]{1,4}(?![\p{L}\d:])|(?<![\p{L}\d:])(?:[\da-f]{1,4}:){1,6}(?::[\da-f]{1,4}){1,6}(?![\p{L}\d:])/giu,
  },
  {
    kind: 'device',
    strength: 'strong',
    pattern: /(?<![\p{L}\d:])(?:[\da-f]{2}[:-]){5}[\da-f]{2}(?![\p{L}\d:])/giu,
  },
  {
    kind: 'bankAccount',
    strength: 'strong',
    pattern:
      /(?<![\p{L}\d])[A-Z]{2}\d{2}(?:[ -]?[A-Z\d]{4}){2,7}(?:[ -]?[A-Z\d]{1,3})?(?![\p{L}\d])/gu,
    accepts: isIban,
  },
  {
    kind: 'bankAccount',
    strength: 'strong',
    pattern: /(?<![\p{L}\d])[A-Z]{2}\d{2}[A-Z\d]{11,30}(?![\p{L}\d])/gu,
  },
  {
    kind: 'vehicle',
    strength: 'strong',
    pattern: /(?<![\p{L}\d])[A-HJ-NPR-Z\d]{17}(?![\p{L}\d])/gu,
    accepts: isVin,
  },
  {
    kind: 'card',
    strength: 'strong',
    pattern: new RegExp(
      String.raw`${number}(?:\d{4}[ -]){3}\d{1,7}${noMore}|${number}3\d{3}[ -]\d{6}[ -]\d{5}${noMore}|${number}\d{12,19}${noMore}`,
      'gu',
    ),
    accepts: (match, before) =>
      (digitsOf(match).length > 12 && passesLuhn(digitsOf(match))) || cardWords.test(before),
  },
  {
    kind: 'ssn',
    strength: 'strong',
    pattern: new RegExp(String.raw`${number}\d{3}-\d{2}-\d{4}${noMore}`, 'gu'),
  },
  {
    kind: 'ssn',
    strength: 'strong',
    pattern: new RegExp(String.raw`${number}\d{3}[ .]?\d{2}[ .]?\d{4}${noMore}`, 'gu'),
    accepts: (_, before) => ssnWords.test(before),
  },
  {
    kind: 'ssn',
    strength: 'weak',
    pattern: new RegExp(String.raw`${number}\d{3} \d{2} \d{4}${noMore}`, 'gu'),
    accepts: (match) => maySsn(digitsOf(match)),
  },
  {
    kind: 'ssn',
    strength: 'strong',
    pattern:
      /(?<=(?:\bssn|\bsocial|security)[^\d\n]{0,25}(?:end(?:s|ing)?|last (?:4|four))[^\d\n]{0,12})\d{4}(?!\d)/giu,
  },
  {
    kind: 'npi',
    strength: 'strong',
    pattern: new RegExp(String.raw`${number}[12]\d{9}${noMore}`, 'gu'),
    accepts: (match, before) => npiWords.test(before) && isNpi(match),
  },
  {
    kind: 'licence',
    strength: 'strong',
    pattern: /(?<![\p{L}\d])[A-Z][A-Z9]\d{7}(?![\p{L}\d])/gu,
    accepts: isDea,
  },
  after('vehicle', vehicleWords, anyNumber),
  after('device', deviceWords, anyNumber),
  after('licence', licenceWords, anyNumber),
  after(
    'recordNumber',
    recordWords,
    String.raw`[A-Z]{0,4}[-#]?\d[\dA-Z]{3,}(?:[-/]\d[\dA-Z]*){0,4}|\d{2,4}(?:-\d{2,4}){1,3}`,
  ),
  after(
    'id',
    accountWords,
    String.raw`[A-Z]{0,4}[-#]?\d[\dA-Z]{3,}(?:[-/ ]\d[\dA-Z]*){0,4}|\d{2,4}(?:[- ]\d{2,6}){1,3}`,
  ),
  ...dateForms,
];

/** What the forms find, in the order of the forms; places may overlap. */
export function findForms(text: string): Found[] {
  const found: Found[] = [];
  for (const { kind, pattern, strength, accepts } of forms) {
    for (const match of text.matchAll(pattern)) {
      const [whole] = match;
      const start = match.index;
      const before = text.slice(Math.max(0, start - 40), start);
      if (accepts && !accepts(whole, before)) continue;
      const end = start + whole.replace(/[.,;:!?]+$/, '').length;
      found.push({ kind, start, end, by: 'form', strength });
    }
  }
  return found;
}
