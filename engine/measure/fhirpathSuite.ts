import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseJson } from '../src/base/json.ts';
import { compileExpression } from '../src/fhirpath/compile.ts';
import { compareNumbers, isNumeric, parseDecimal } from '../src/fhirpath/decimal.ts';
import { textOf, type FhirObject, type TypedValue } from '../src/fhirpath/value.ts';
import { resourceFromXml } from './fhirXml.ts';
import { parseXml, type XmlElement } from './xml.ts';

export interface SuiteMiss {
  group: string;
  test: string;
  expression: string;
  expected: string;
  got: string;
}

export interface SuiteResult {
  passed: number;
  total: number;
  misses: SuiteMiss[];
}

interface SuiteTest {
  group: string;
  name: string;
  file: string | undefined;
  expression: string;
  /** The suite says that the expression must be refused, when compiled or when evaluated. */
  invalid: boolean;
  predicate: boolean;
  ordered: boolean;
  checkOrder: boolean;
  outputs: { type: string | undefined; text: string }[];
}

/** Run the official suite of a folder in the layout of HL7's `tests-fhir-r4.xml`. */
export function runOfficialSuite(folder: string): SuiteResult {
  const suite = parseXml(readFileSync(join(folder, 'tests-fhir-r4.xml'), 'utf8'));
  const read = resourceReader(folder);
  const misses: SuiteMiss[] = [];
  const tests = suite.children.flatMap((group) =>
    group.children.filter(({ name }) => name === 'test').map((each) => testOf(group, each)),
  );
  for (const test of tests) {
    const got = outcome(test, read);
    if (got === undefined) continue;
    const expected = test.invalid
      ? 'an error'
      : test.outputs.map(({ type, text }) => `${type ?? ''} ${text}`.trim()).join(', ');
    misses.push({ group: test.group, test: test.name, expression: test.expression, expected, got });
  }
  return { passed: tests.length - misses.length, total: tests.length, misses };
}

function testOf(group: XmlElement, element: XmlElement): SuiteTest {
  const { attributes, children } = element;
  const expression = children.find(({ name }) => name === 'expression');
  return {
    group: group.attributes['name'] ?? '',
    name: attributes['name'] ?? '',
    file: attributes['inputfile'],
    expression: expression?.text ?? '',
    invalid: expression?.attributes['invalid'] !== undefined,
    predicate: attributes['predicate'] === 'true',
    ordered: attributes['ordered'] !== 'false',
    checkOrder: attributes['checkOrderedFunctions'] === 'true',
    outputs: children
      .filter(({ name }) => name === 'output')
      .map((output) => ({ type: output.attributes['type'], text: output.text })),
  };
}

function resourceReader(folder: string): (file: string) => FhirObject {
  const resources = new Map<string, FhirObject>();
  return (file) => {
    const known = resources.get(file);
    if (known !== undefined) return known;
    const text = readFileSync(join(folder, file), 'utf8');
    const json = file.endsWith('.xml') ? resourceFromXml(text) : parseJson(text);
    const resource = json as FhirObject;
    resources.set(file, resource);
    return resource;
  };
}

/** What went wrong, `undefined` if the test passes. */
function outcome(test: SuiteTest, read: (file: string) => FhirObject): string | undefined {
  try {
    const items = evaluate(test, read);
    const same = agrees(items, test);
    if (same && (!test.invalid || test.outputs.length > 0)) return undefined;
    return items.map(({ type, value }) => `${type} ${shown(value)}`).join(', ') || 'nothing';
  } catch (error) {
    return test.invalid ? undefined : `error: ${(error as Error).message}`;
  }
}

function evaluate(test: SuiteTest, read: (file: string) => FhirObject): readonly TypedValue[] {
  const resource = test.file === undefined ? {} : read(test.file);
  const type = resource['resourceType'];
  const input =
    typeof type === 'string' ? ({ kind: 'fhir', type } as const) : ({ kind: 'fhir' } as const);
  const compiled = compileExpression(test.expression, { input, checkOrder: test.checkOrder });
  const context = { now: new Date() };
  if (!test.predicate) return compiled.typed(resource, context);
  const value = compiled.condition(resource, context);
  return value === undefined ? [] : [{ type: 'System.Boolean', value }];
}

function agrees(items: readonly TypedValue[], { outputs, ordered }: SuiteTest): boolean {
  if (items.length !== outputs.length) return false;
  if (ordered) return outputs.every((output, at) => isSame(items[at] as TypedValue, output));
  const open = [...items];
  return outputs.every((output) => {
    const at = open.findIndex((item) => isSame(item, output));
    return at !== -1 && open.splice(at, 1).length === 1;
  });
}

function isSame(item: TypedValue, { type, text }: SuiteTest['outputs'][number]): boolean {
  const own = item.type.replace(/^(?:System|FHIR)\./, '').toLowerCase();
  if (type !== undefined && type.toLowerCase() !== own) return false;
  const { value } = item;
  if (value === undefined) return false;
  if (isNumeric(value)) {
    const wanted = parseDecimal(text);
    return wanted !== undefined && compareNumbers(value, wanted) === 0;
  }
  return shown(value) === text.replace(/^@T?/, '');
}

function shown(value: TypedValue['value']): string {
  if (value === undefined) return 'nothing';
  return textOf(value) ?? JSON.stringify(value);
}
