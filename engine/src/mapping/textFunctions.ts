import type { FunctionDefinition } from '../fhirpath/environment.ts';
import { DataIssue, ExpressionError, nearestName } from '../fhirpath/expressionError.ts';
import { textOf } from '../fhirpath/value.ts';
import type { Value } from '../fhirpath/value.ts';
import { byteFunctions } from './byteFunctions.ts';
import { addressParts, nameParts } from './personText.ts';
import type { Identities } from './reference.ts';
import { literal } from './rowFunctions.ts';
import { ucumOf } from './localUnits.ts';

/** Functions that clean, cut and rewrite texts as legacy systems hold them. */
export function textFunctions(identities: Identities): FunctionDefinition[] {
  return [
    cleanFunction,
    titleCaseFunction,
    partFunction,
    phoneFunction,
    chosenPart('namePart', 'A part of a name', "pt_nm.namePart('family')", nameParts),
    chosenPart('addressPart', 'A part of a US address', "addr.addressPart('city')", addressParts),
    ucumFunction,
    ...byteFunctions,
    hashFunction(identities),
  ];
}

const cleanFunction: FunctionDefinition = {
  name: 'clean',
  summary: 'The text without control characters, in NFC, with single spaces and none at its ends.',
  example: 'remark.clean()',
  input: 'String',
  parameters: [],
  result: 'String',
  prepare: () => (input) => orNothing(cleaned(input as string)),
};

function cleaned(text: string): string {
  return text
    .normalize('NFC')
    .replace(/[\p{Cc}\s]+/gu, ' ')
    .trim();
}

/** A text without characters is no value. */
function orNothing(text: string | undefined): string | undefined {
  return text === '' ? undefined : text;
}

const titleCaseFunction: FunctionDefinition = {
  name: 'titleCase',
  summary: 'Each word with a capital first letter and the others small.',
  example: 'city.titleCase()',
  input: 'String',
  parameters: [],
  result: 'String',
  prepare: () => (input) =>
    (input as string)
      .toLowerCase()
      .replace(/(^|[\s'\-(/])(\p{L})/gu, (_, before: string, letter: string) => {
        return before + letter.toUpperCase();
      }),
};

const partFunction: FunctionDefinition = {
  name: 'part',
  summary: 'A part of a text, from 1, without white space at its ends; nothing if it is not there.',
  example: "bp.part('/', 1).decimal()",
  input: 'String',
  parameters: [
    literal('separator', 'What stands between the parts.'),
    { name: 'number', summary: 'Which part.', type: 'Integer', literal: true },
  ],
  result: 'String',
  prepare([separator, number], at) {
    if (separator === '' || (number as number) < 1) {
      throw new ExpressionError('literal-invalid', 'a separator, and a number from 1', at);
    }
    return (input) =>
      orNothing((input as string).split(separator as string)[(number as number) - 1]?.trim());
  },
};

const phoneFunction: FunctionDefinition = {
  name: 'phone',
  summary: 'A phone number as +digits (E.164); one that cannot be read so stays as it is written.',
  example: "home_phone.phone('1')",
  input: ['String', 'Integer'],
  parameters: [
    { ...literal('country', 'The country code it has if none is written (1).'), optional: true },
  ],
  result: 'String',
  prepare:
    ([country = '1']) =>
    (input) =>
      phoneNumber(textOf(input as Value) as string, country as string),
};

/** North American numbers have ten digits; others are known by their `+` or `011`. */
function phoneNumber(text: string, country: string): string | undefined {
  const [, written = '', extension] =
    /^(.*?)(?:\s*(?:x|ext\.?|;ext=)\s*(\d+))?\s*$/i.exec(text) ?? [];
  if (!/^[\d\s().+\-/]*$/.test(written)) return orNothing(text);
  const digits = written.replace(/\D/g, '').replace(/^011/, '');
  const international = /^\s*(\+|011)/.test(written);
  const suffix = extension === undefined ? '' : `;ext=${extension}`;
  if (international && digits.length >= 8 && digits.length <= 15) return `+${digits}${suffix}`;
  if (digits.length === 10) return `+${country}${digits}${suffix}`;
  const whole = digits.length === 10 + country.length && digits.startsWith(country);
  return whole ? `+${digits}${suffix}` : orNothing(text);
}

function chosenPart(
  name: string,
  what: string,
  example: string,
  parts: Readonly<Record<string, (text: string) => string | undefined>>,
): FunctionDefinition {
  const words = Object.keys(parts);
  return {
    name,
    summary: `${what} that stands in one column: ${words.join(', ')}.`,
    example,
    input: 'String',
    parameters: [literal('part', 'Which one.')],
    result: 'String',
    prepare([part], at) {
      const take = Object.hasOwn(parts, part as string) ? parts[part as string] : undefined;
      if (take === undefined) {
        const near = nearestName(part as string, words) ?? words.join(', ');
        throw new ExpressionError(
          'literal-invalid',
          `there is no part '${part as string}'`,
          at,
          near,
        );
      }
      return (input) => orNothing(take(cleaned(input as string)));
    },
  };
}

const ucumFunction: FunctionDefinition = {
  name: 'ucum',
  summary: 'The UCUM code of a unit as clinics write it; an unknown one holds the record.',
  example: 'wt_unit.ucum()',
  input: 'String',
  parameters: [],
  result: 'String',
  prepare: (_literals, at) => (input) => {
    const code = ucumOf(input as string);
    if (code === undefined) throw new DataIssue('unit-unknown', 'not a unit that is known', at);
    return code;
  },
};

function hashFunction(identities: Identities): FunctionDefinition {
  return {
    name: 'hash',
    summary:
      "32 hex digits that stand for the text under the project's key; the same for the same.",
    example: "ssn.hash('ssn')",
    input: ['String', 'Integer'],
    parameters: [literal('purpose', 'A word that keeps the values of one use apart from others.')],
    result: 'String',
    prepare:
      ([purpose]) =>
      (input) =>
        identities
          .identify(`hash ${purpose as string}`, textOf(input as Value) as string)
          .toString('hex', 0, 16),
  };
}
