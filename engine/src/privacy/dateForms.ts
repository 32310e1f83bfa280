import type { IdentifierKind } from './identifier.ts';

interface DateForm {
  kind: IdentifierKind;
  pattern: RegExp;
  strength: 'strong' | 'weak';
  accepts?(match: string, before: string): boolean;
}

const month = String.raw`(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?|januar|februar|märz|mai|juni|juli|oktober|dezember|janvier|février|mars|avril|juin|juillet|août|septembre|octobre|novembre|décembre|enero|febrero|marzo|abril|mayo|junio|julio|agosto|septiembre|octubre|noviembre|diciembre|gennaio|febbraio|aprile|maggio|giugno|luglio|settembre|ottobre|dicembre)\.?`;
const weekday = String.raw`(?:mon|tues?|wed(?:nes)?|thu(?:rs?)?|fri|sat(?:ur)?|sun)(?:day)?s?\.?`;
const day = String.raw`(?:0?[1-9]|[12]\d|3[01])(?:st|nd|rd|th|\.)?`;
const year = String.raw`(?:1[89]|20)\d\d`;
const edge = String.raw`(?<![\p{L}\d/.$€£-])`;
const close = String.raw`(?![\p{L}\d]|[/.-]\d)`;

const of = (parts: string, flags = 'giu'): RegExp => new RegExp(parts, flags);

/** Dates as people and machines write them (45 CFR 164.514(b)(2)(i)(C)), and ages over 89. */
export const dateForms: readonly DateForm[] = [
  {
    kind: 'date',
    strength: 'strong',
    pattern: of(
      String.raw`${edge}(?:${year}[-/.](?:0?[1-9]|1[0-2])[-/.](?:0?[1-9]|[12]\d|3[01]))(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?${close}`,
    ),
  },
  {
    kind: 'date',
    strength: 'strong',
    pattern: of(
      String.raw`${edge}(?:0?[1-9]|[12]\d|3[01])([-/.])(?:0?[1-9]|[12]\d|3[01])\1(?:${year}|\d\d)${close}`,
    ),
    accepts: plausible,
  },
  {
    kind: 'date',
    strength: 'strong',
    pattern: of(
      String.raw`${edge}(?:${weekday},? +)?(?:the +)?${day} ?(?:of +)?[-/ ]?${month}(?:[-/, ]+(?:${year}|'?\d\d\b))?${close}`,
    ),
  },
  {
    kind: 'date',
    strength: 'strong',
    pattern: of(
      String.raw`${edge}(?:${weekday},? +)?${month} ?(?:the +)?${day}(?:(?: ?[,-] ?| )+${year})?${close}`,
    ),
    // "may 5 people come": a month that is a word needs its capital.
    accepts: (match) => !/^(?:may|mar|march|sat|sun) /.test(match),
  },
  {
    kind: 'date',
    strength: 'strong',
    pattern: of(String.raw`${edge}${month}[ ,-]+(?:of +)?${year}${close}`),
  },
  {
    kind: 'date',
    strength: 'strong',
    pattern: of(String.raw`${edge}(?:0?[1-9]|1[0-2])[-/]${year}${close}`),
  },
  {
    kind: 'date',
    strength: 'strong',
    pattern: of(
      String.raw`(?<![\p{L}\d])(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?:[01]\d|2[0-3])?(?:[0-5]\d){0,2}(?![\p{L}\d])`,
    ),
    accepts: (_, before) =>
      /(?:date|dob|birth|born|on|seen|dos|admitted|discharged)\W*$/i.test(before),
  },
  {
    kind: 'date',
    strength: 'weak',
    pattern: of(String.raw`${edge}(?:0?[1-9]|1[0-2])/(?:0?[1-9]|[12]\d|3[01])${close}`),
    accepts: (_, before) =>
      /(?:\bon|\bdate|\bof|\bsince|\buntil|\btill?|\bfrom|\bby|\bseen|\bdue|\bdated|\bthrough|\bfor|\bdob|\bborn|\bto|\bstarted|\bad?mitted|\bdischarged|\bbefore|\bafter)\W*$|Dr\.? \p{L}+ $/iu.test(
        before,
      ),
  },
  {
    kind: 'date',
    strength: 'strong',
    pattern: of(
      String.raw`(?<![\p{L}\d])(?:mon|tues|wednes|thurs|fri|satur|sun)days?(?![\p{L}\d])`,
    ),
  },
  {
    kind: 'date',
    strength: 'weak',
    pattern: of(
      String.raw`(?<![\p{L}\d])(?:January|February|April|June|July|August|September|October|November|December)(?![\p{L}\d])`,
      'gu',
    ),
  },
  {
    kind: 'date',
    strength: 'weak',
    pattern: of(
      String.raw`(?<![\p{L}\d.,$€£#:/-])(?:19[2-9]\d|20[0-4]\d)(?![\p{L}\d%]|[.,:/-]\d| ?(?:mg|ml|mcg|units?|dollars|people|steps|kcal|calories)\b)`,
    ),
    accepts: (_, before) =>
      !/(?:#|\bno\.?|\bbox|\broom|\bunit|\bsuite|\bapt\.?|\bphone|\bcard|\bat)\s*$/i.test(before),
  },
  {
    kind: 'age',
    strength: 'strong',
    pattern: of(
      String.raw`(?<![\p{L}\d.])(?:9\d|1[01]\d|12[0-5])(?=[- ]?(?:years?[- ]old|y\/?o\b|yr[- ]old|year[- ]old|years of age))`,
    ),
  },
  {
    kind: 'age',
    strength: 'strong',
    pattern: of(
      String.raw`(?<=\b(?:aged?|age of|age:|turned|turns) )(?:9\d|1[01]\d|12[0-5])(?![\d%])`,
    ),
  },
];

/** Neither side of a slashed date may be beyond the months. */
function plausible(match: string): boolean {
  const [first = 0, second = 0] = match.split(/[-/.]/).map(Number);
  return first <= 12 || second <= 12;
}
