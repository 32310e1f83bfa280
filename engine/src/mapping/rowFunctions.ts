import type { FunctionDefinition, ParameterDefinition } from '../fhirpath/environment.ts';
import { DataIssue, ExpressionError, nearestName } from '../fhirpath/expressionError.ts';
import { Decimal } from '../fhirpath/decimal.ts';
import { textOf } from '../fhirpath/value.ts';
import type { Value } from '../fhirpath/value.ts';
import type { CodeMap, CodeMapping } from '../terminology/codeMap.ts';
import { noteCodeAsText } from './codesAsText.ts';
import type { CodesAsText } from './codesAsText.ts';
import type { Work } from './work.ts';

/** What a code becomes: three columns of the code map. */
const codeParts = ['code', 'display', 'system'] as const;
type CodePart = (typeof codeParts)[number];

const partOf: Readonly<Record<CodePart, (found: CodeMapping) => string | undefined>> = {
  code: (found) => found.target,
  display: (found) => found.display,
  system: (found) => found.system,
};

/** `.map('name')`, `.map('name', 'display')`; `used` learns the digest of every map it touches. */
export function mapFunction(
  maps: ReadonlyMap<string, CodeMap>,
  used: Set<string>,
  asText: CodesAsText,
): FunctionDefinition {
  return {
    name: 'map',
    summary: 'What a code map makes of a code: its target code, or the display or system of it.',
    example: "sex_cd.map('sex')",
    input: ['String', 'Integer', 'Decimal', 'Boolean'],
    parameters: [
      literal('name', 'The code map: the name of its file without .csv.'),
      { ...literal('part', 'code (if left out), display or system.'), optional: true },
    ],
    result: 'String',
    prepare(literals, at) {
      const [name, part = 'code'] = literals as readonly [string, string | undefined];
      const map = maps.get(name);
      if (map === undefined) {
        const near = nearestName(name, maps.keys());
        throw new ExpressionError('literal-invalid', `no code map is called '${name}'`, at, near);
      }
      if (!codeParts.some((each) => each === part)) {
        const problem = `a code map has no part '${part}': code, display or system`;
        throw new ExpressionError('literal-invalid', problem, at);
      }
      used.add(`${map.name} ${map.digest}`);
      const take = partOf[part as CodePart];
      const leavesText = asText.touch(map.name);
      return (input, { services }) => {
        const found = map.find(textOf(input as Value) as string);
        if (found !== undefined) return take(found);
        if (!leavesText) throw new DataIssue('code-unmapped', 'no approved row', at);
        noteCodeAsText(services as Work, map.name);
        return undefined;
      };
    },
  };
}

/** `.decimal()`: what legacy systems print for numbers, with the digits after the point kept. */
export const decimalFunction: FunctionDefinition = {
  name: 'decimal',
  summary: 'The number of a text such as " .50" or "+007.10", with its digits after the point.',
  example: 'dose_qty.decimal()',
  input: ['String', 'Integer', 'Decimal'],
  parameters: [],
  result: 'Decimal',
  prepare: (_literals, at) => (input) => {
    const text = textOf(input as Value) as string;
    const match = /^\s*([+-]?)0*(\d*)(\.\d+)?\s*$/.exec(text);
    if (match === null || !/\d/.test(text)) {
      throw new DataIssue('decimal-unreadable', 'not a number', at);
    }
    const sign = match[1] === '-' ? '-' : '';
    return new Decimal(`${sign}${match[2] === '' ? '0' : match[2]}${match[3] ?? ''}`);
  },
};

const escapeOf: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };

/** `.narrative()`: plain text for `text.div` (FHIR R4 §2.4.1, Narrative). */
export const narrativeFunction: FunctionDefinition = {
  name: 'narrative',
  summary: 'Plain text as an XHTML div, escaped, with its line ends kept.',
  example: 'note_txt.narrative()',
  input: 'String',
  parameters: [],
  result: 'String',
  prepare: () => (input) => {
    const text = (input as string).replace(/[&<>]/g, (sign) => escapeOf[sign] as string);
    const lines = text.replace(/\r\n?|\n/g, '<br/>');
    return `<div xmlns="http://www.w3.org/1999/xhtml">${lines}</div>`;
  },
};

/** A parameter that is a text known when the expression is compiled. */
export function literal(name: string, summary: string): ParameterDefinition {
  return { name, summary, type: 'String', literal: true };
}
