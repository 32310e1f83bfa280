import { isMap, isNode, isScalar, LineCounter, parseDocument, type Document } from 'yaml';
import { z } from 'zod';
import { nearestName } from '../../fhirpath/expressionError.ts';
import type { Problem } from '../../model/problem.ts';

export type YamlPath = readonly (string | number)[];

/** Where a path of a file stands in it; for one that is not there, what is around it. */
export type PlaceOf = (path: YamlPath) => { line: number; column: number };

/** YAML that a person wrote, held against a schema. */
export interface ShapedYaml<T> {
  /** Only when nothing is wrong with it. */
  value?: T;
  /** What is left without all that is wrong, so that the rest can be judged all the same. */
  rest?: T;
  problems: Problem[];
  place: PlaceOf;
}

/**
 * Judge a file by its schema: every problem at its place, with the fix. `standIns` take the place of
 * members that `rest` cannot do without.
 */
export function judgeYaml<S extends z.ZodType>(
  file: string,
  text: string,
  schema: S,
  standIns: object = {},
): ShapedYaml<z.infer<S>> {
  const lines = new LineCounter();
  const parsed = parseDocument(text, { lineCounter: lines, uniqueKeys: true });
  const places = new Places(parsed, lines);
  if (parsed.errors.length > 0) {
    const problems = parsed.errors.map(({ message, pos }): Problem => {
      const { line, col } = lines.linePos(pos[0]);
      const said = message.split('\n')[0] ?? 'not YAML';
      return { file, line, column: col, code: 'yaml', message: said };
    });
    return { problems, place: places.of };
  }
  const written = (parsed.toJS() as unknown) ?? {};
  const judged = schema.safeParse(written);
  if (judged.success) return { value: judged.data, problems: [], place: places.of };
  const shape = z.toJSONSchema(schema, { io: 'input' }) as Described;
  const problems = judged.error.issues
    .flatMap((issue) => mistakesIn(issue, shape))
    .map(({ path, isKey, ...told }) => ({
      file,
      ...(isKey ? places.ofKey(path) : places.of(path)),
      ...told,
    }));
  const rest = whatIsRight(schema, written, standIns, places);
  return { ...(rest && { rest: rest.value }), problems: inOrder(problems), place: places.of };
}

/** By file, and in the order of each. */
export function inOrder(problems: readonly Problem[]): Problem[] {
  return problems.toSorted((a, b) => {
    if (a.file !== b.file) return a.file < b.file ? -1 : 1;
    return a.line - b.line || a.column - b.column;
  });
}

interface Mistake extends Pick<Problem, 'code' | 'message' | 'suggestion'> {
  path: YamlPath;
  /** The key itself is the mistake, not what stands under it. */
  isKey: boolean;
}

function mistakesIn(issue: z.core.$ZodIssue, shape: Described): Mistake[] {
  const path = pathOf(issue);
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => {
      const at = [...path, key];
      const message = `"${at.join('.')}" has no meaning here.`;
      return { code: 'unknown-key', path: at, isKey: true, message, ...withFix(shape, at) };
    });
  }
  const name = path.join('.') || 'the file';
  const missing = issue.code === 'invalid_type' && issue.message.endsWith('received undefined');
  const message = missing ? `"${name}" is missing.` : `"${name}": ${issue.message}.`;
  return [{ code: 'plan-shape', path, isKey: false, message, ...withFix(shape, path) }];
}

function withFix(shape: Described, path: YamlPath): { suggestion?: string } {
  const suggestion = fixFor(shape, path);
  return suggestion === undefined ? {} : { suggestion };
}

/**
 * What to write at a place, by the JSON Schema of the whole: what is meant to stand there, or, for a
 * name that it does not know, those that it does.
 */
export function fixFor(shape: Described, path: YamlPath): string | undefined {
  const here = describedAt(shape, path);
  if (here !== undefined) return here.description;
  const known = Object.keys(describedAt(shape, path.slice(0, -1))?.properties ?? {});
  if (known.length === 0) return undefined;
  return nearestName(String(path.at(-1)), known) ?? `one of ${known.join(', ')}`;
}

function pathOf({ path }: z.core.$ZodIssue): (string | number)[] {
  return path.filter((part) => typeof part !== 'symbol');
}

/** As much of JSON Schema as tells what may stand at a place. */
export interface Described {
  description?: string;
  properties?: Readonly<Record<string, Described>>;
  additionalProperties?: boolean | Described;
  items?: Described;
}

function describedAt(shape: Described, path: YamlPath): Described | undefined {
  return path.reduce<Described | undefined>((at, part) => {
    if (typeof part === 'number') return at?.items;
    const named = at?.additionalProperties;
    return at?.properties?.[part] ?? (typeof named === 'object' ? named : undefined);
  }, shape);
}

/** More mistakes than this, and what is left says nothing. */
const mostMistakes = 200;

/** Takes away what the schema refuses until it accepts the rest. */
function whatIsRight<S extends z.ZodType>(
  schema: S,
  written: object,
  standIns: object,
  places: Places,
): { value: z.infer<S> } | undefined {
  let rest: unknown = structuredClone(written);
  for (let round = 0; round < mostMistakes; round++) {
    rest = { ...standIns, ...(rest as object) };
    const judged = schema.safeParse(rest);
    if (judged.success) return { value: judged.data };
    const [issue] = judged.error.issues;
    if (issue === undefined) return undefined;
    const path = pathOf(issue);
    const wrong = issue.code === 'unrecognized_keys' ? [...path, issue.keys[0] ?? ''] : path;
    if (!takeAway(rest, wrong, places)) return undefined;
  }
  return undefined;
}

/** Takes a value away; where there is none, what should have held it. False for the whole. */
function takeAway(whole: unknown, path: YamlPath, places: Places): boolean {
  const last = path.at(-1);
  if (last === undefined) return false;
  const around = path.slice(0, -1);
  const holder = around.reduce<unknown>(
    (at, part) => (at as Record<string | number, unknown>)[part],
    whole,
  ) as Record<string | number, unknown>;
  if (holder[last] === undefined) return takeAway(whole, around, places);
  if (Array.isArray(holder)) {
    places.itemGoes(around, holder.length, last as number);
    holder.splice(last as number, 1);
  } else delete holder[last];
  return true;
}

/** Places in the file, by the paths of what is left of it. */
class Places {
  readonly #document: Document.Parsed;
  readonly #lines: LineCounter;
  /** By the path of a list: where the items that are left stood in it. */
  readonly #stood = new Map<string, number[]>();

  constructor(document: Document.Parsed, lines: LineCounter) {
    this.#document = document;
    this.#lines = lines;
  }

  readonly of: PlaceOf = (path) => {
    const written = this.#written(path);
    for (let length = written.length; length > 0; length--) {
      const node = this.#document.getIn(written.slice(0, length), true);
      if (isNode(node) && node.range) return this.#at(node.range[0]);
    }
    return this.#at(this.#document.contents?.range[0] ?? 0);
  };

  /** The key itself, where that of a value would be a line further. */
  ofKey(path: YamlPath): ReturnType<PlaceOf> {
    const holder: unknown =
      path.length === 1
        ? this.#document.contents
        : this.#document.getIn(this.#written(path.slice(0, -1)), true);
    const pair = isMap(holder)
      ? holder.items.find(({ key }) => isScalar(key) && key.value === path.at(-1))
      : undefined;
    const range = isNode(pair?.key) ? pair.key.range : undefined;
    return range ? this.#at(range[0]) : this.of(path);
  }

  itemGoes(list: YamlPath, length: number, at: number): void {
    const name = JSON.stringify(list);
    const stood = this.#stood.get(name) ?? Array.from({ length }, (_, item) => item);
    stood.splice(at, 1);
    this.#stood.set(name, stood);
  }

  #written(path: YamlPath): (string | number)[] {
    return path.map((part, at) => {
      const stood = this.#stood.get(JSON.stringify(path.slice(0, at)));
      return typeof part === 'number' ? (stood?.[part] ?? part) : part;
    });
  }

  #at(offset: number): { line: number; column: number } {
    const { line, col } = this.#lines.linePos(offset);
    return { line, column: col };
  }
}
