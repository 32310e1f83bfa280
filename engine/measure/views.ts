import { readdirSync, readFileSync } from 'node:fs';
import * as path from 'node:path';
import { HandoverError } from '../src/base/errors.ts';
import { canonicalJson, isJsonObject, JsonNumber, parseJson } from '../src/base/json.ts';
import type { Json, JsonObject } from '../src/base/json.ts';
import { compareNumbers } from '../src/fhirpath/decimal.ts';
import { jsonOf, type Value } from '../src/fhirpath/value.ts';
import { compileView, ViewIssue } from '../src/views/view.ts';

interface ViewMiss {
  file: string;
  test: string;
  cause: string;
}

export interface ViewsMeasure {
  /** Tests of the suite; those that expect an error pass where the view or a resource is refused. */
  passed: number;
  total: number;
  misses: ViewMiss[];
}

/** @param folder laid out as the official suite: files with `resources` and `tests` */
export function measureViews(folder: string): ViewsMeasure {
  const misses: ViewMiss[] = [];
  let total = 0;
  for (const file of readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .toSorted()) {
    const suite = parseJson(readFileSync(path.join(folder, file), 'utf8'));
    if (!isJsonObject(suite) || !Array.isArray(suite['tests'])) continue;
    const resources = (suite['resources'] ?? []) as Json[] as JsonObject[];
    for (const test of suite['tests'] as JsonObject[]) {
      total++;
      const cause = outcome(test, resources);
      if (cause !== undefined) misses.push({ file, test: titleOf(test), cause });
    }
  }
  return { passed: total - misses.length, total, misses };
}

function titleOf({ title }: JsonObject): string {
  return typeof title === 'string' ? title : '';
}

function outcome(test: JsonObject, resources: readonly JsonObject[]): string | undefined {
  const expectsError = test['expectError'] === true;
  try {
    const view = compileView(test['view'] as Json);
    const rows: JsonObject[] = [];
    for (const resource of resources) {
      view.rows(resource, (row) => {
        rows.push(Object.fromEntries(view.columns.map(({ name }, at) => [name, json(row[at])])));
      });
    }
    if (expectsError) return 'an error was expected';
    const names = view.columns.map(({ name }) => name);
    return judge(test, rows, names);
  } catch (error) {
    const refused = error instanceof HandoverError || error instanceof ViewIssue;
    if (refused && expectsError) return undefined;
    return refused ? `refused: ${error.message}` : String(error);
  }
}

function json(value: Value | readonly Value[] | undefined): Json {
  if (value === undefined) return null;
  return (
    Array.isArray(value) ? value.map((each) => jsonOf(each as Value)) : jsonOf(value as Value)
  ) as Json;
}

function judge(test: JsonObject, rows: readonly JsonObject[], names: string[]): string | undefined {
  const { expect, expectColumns, expectCount } = test;
  if (Array.isArray(expectColumns) && canonicalJson(expectColumns) !== canonicalJson(names)) {
    return 'columns are not in the order expected';
  }
  if (expectCount instanceof JsonNumber && Number(expectCount.text) !== rows.length) {
    return 'not as many rows as expected';
  }
  if (!Array.isArray(expect)) return undefined;
  const open = [...rows];
  for (const wanted of expect) {
    const at = open.findIndex((row) => isSame(row, wanted));
    if (at === -1) return 'a row that is expected is not there';
    open.splice(at, 1);
  }
  return open.length === 0 ? undefined : 'there are more rows than expected';
}

/** Numbers by value, and members in any order; a member that is null is as one that is not there. */
function isSame(left: Json, right: Json): boolean {
  if (left instanceof JsonNumber && right instanceof JsonNumber) {
    return compareNumbers(left, right) === 0;
  }
  if (Array.isArray(left) && Array.isArray(right)) {
    return (
      left.length === right.length && left.every((each, at) => isSame(each, right[at] as Json))
    );
  }
  if (isJsonObject(left) && isJsonObject(right)) {
    const keys = new Set([...Object.keys(left), ...Object.keys(right)]);
    return [...keys].every((key) => isSame(left[key] ?? null, right[key] ?? null));
  }
  return left === right;
}
