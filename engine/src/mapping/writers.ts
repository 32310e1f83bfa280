import type { CompiledExpression } from '../fhirpath/compile.ts';
import type { Row } from '../fhirpath/environment.ts';
import { objectOf } from '../model/largeObject.ts';
import { isLogicalReference } from './reference.ts';
import { valueWriter, type ValueWriter } from './values.ts';
import type { Work, Writer } from './work.ts';

/** JSON that is the same for every record, or what writes it for one. */
export type Part = { constant: string } | { write: Writer };

export const writeId: Writer = (_row, work) => `"${work.id}"`;

/** A text column as it is: the most frequent rule, and the cheapest. */
export function writeColumn(column: number, quote: (text: string) => string, path: string): Writer {
  return (row, work) => {
    const text = row[column];
    if (text === null || text === undefined) return '';
    if (text !== '') return quote(text);
    work.warn('text-empty', path);
    return '';
  };
}

/** The only value of an expression. */
export function writeValue(
  expression: CompiledExpression,
  toJson: ValueWriter,
  path: string,
): Writer {
  return (row, work) => {
    try {
      const value = expression.one(row, work.context);
      return value === undefined ? '' : written(toJson(value), value, path, work);
    } catch (error) {
      work.failWith(error, path);
      return '';
    }
  };
}

/** All values of an expression, as the inside of a JSON list. */
export function writeValues(
  expression: CompiledExpression,
  toJson: ValueWriter,
  path: string,
): Writer {
  return (row, work) => {
    try {
      const values = expression.many(row, work.context);
      const texts = values.map((value) => written(toJson(value), value, path, work));
      return texts.filter((text) => text !== '').join(',');
    } catch (error) {
      work.failWith(error, path);
      return '';
    }
  };
}

/** FHIR has no empty text, so one is left out with a warning; anything else unfit is an error. */
function written(json: string | undefined, value: unknown, path: string, work: Work): string {
  if (json !== undefined) return json;
  if (value === '') work.warn('text-empty', path);
  else work.fail('value-format', path);
  return '';
}

/** Base64; a large object is noted instead, and filled in when the draft is written. */
export function writeBytes(expression: CompiledExpression, path: string): Writer {
  const write = writeValue(expression, valueWriter('base64Binary'), path);
  return (row, work) => {
    const json = write(row, work);
    const text = json.slice(1, -1);
    if (objectOf(text) !== undefined) work.objects = [...work.objects, text];
    return json;
  };
}

/** A Reference element: its target is noted as a logical reference of the draft. */
export function writeReference(expression: CompiledExpression, path: string): Writer {
  const target = writeReferenceText(expression, path);
  return (row, work) => {
    const text = target(row, work);
    return text === '' ? '' : `{"reference":${text}}`;
  };
}

/** The `reference` inside a Reference that says more than its target. */
export function writeReferenceText(expression: CompiledExpression, path: string): Writer {
  return (row, work) => {
    try {
      const value = expression.one(row, work.context);
      if (value === undefined) return '';
      if (!isLogicalReference(value)) return written(undefined, value, path, work);
      work.references.push(value.reference);
      return `"${value.reference}"`;
    } catch (error) {
      work.failWith(error, path);
      return '';
    }
  };
}

/** An item of a list for each row that an expression yields, as the inside of a JSON list. */
export function writeEach(rows: CompiledExpression, item: Part, path: string): Writer {
  const write: Writer = 'write' in item ? item.write : () => item.constant;
  return (row, work) => {
    const { outer } = work;
    let text = '';
    try {
      for (const each of rows.many(row, work.context)) {
        work.outer = row;
        const json = write(each as unknown as Row, work);
        if (json !== '') text += text === '' ? json : `,${json}`;
      }
    } catch (error) {
      work.failWith(error, path);
    }
    work.outer = outer;
    return text;
  };
}

/** Writes under a condition; one that is neither true nor false is an issue, never a guess. */
export function onCondition(condition: CompiledExpression, path: string, write: Writer): Writer {
  return (row, work) => {
    const holds = decide(condition, row, path, work);
    return holds === true ? write(row, work) : '';
  };
}

/** The answer to a condition; `undefined` once its issue is noted. */
export function decide(
  condition: CompiledExpression,
  row: Row,
  path: string,
  work: Work,
): boolean | undefined {
  try {
    const holds = condition.condition(row, work.context);
    if (holds === undefined) work.fail('condition-empty', path);
    return holds;
  } catch (error) {
    work.failWith(error, path);
    return undefined;
  }
}

interface Member {
  /** `{"key":` and `,"key":`, with a constant's JSON behind it. */
  first: string;
  next: string;
  write: Writer | undefined;
}

/** An object with sorted keys. `when it has a value`: only if one of its writers gives something. */
export function joinObject(
  members: readonly (readonly [string, Part])[],
  made: 'always' | 'when it has a value',
): Part {
  const sorted = members.toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  const joined = mergeConstants(sorted);
  if (joined.every(({ write }) => write === undefined)) {
    return { constant: joined.length === 0 ? '' : `${joined.map((each) => each.first).join('')}}` };
  }
  return { write: objectWriter(joined, made === 'always') };
}

function mergeConstants(members: readonly (readonly [string, Part])[]): Member[] {
  const joined: Member[] = [];
  for (const [key, part] of members) {
    const constant = 'constant' in part ? part.constant : undefined;
    if (constant === '') continue;
    const text = `${JSON.stringify(key)}:${constant ?? ''}`;
    const last = joined.at(-1);
    if (constant !== undefined && last !== undefined && last.write === undefined) {
      last.first += `,${text}`;
      last.next += `,${text}`;
    } else {
      const write = 'write' in part ? part.write : undefined;
      joined.push({ first: `{${text}`, next: `,${text}`, write });
    }
  }
  return joined;
}

function objectWriter(members: readonly Member[], always: boolean): Writer {
  return (row, work) => {
    let text = '';
    let hasValue = always;
    for (const { first, next, write } of members) {
      if (write === undefined) {
        text += text === '' ? first : next;
      } else {
        const value = write(row, work);
        if (value !== '') {
          text += (text === '' ? first : next) + value;
          hasValue = true;
        }
      }
    }
    return hasValue && text !== '' ? `${text}}` : '';
  };
}

/** A list of what its parts give; no list when they give nothing. */
export function joinList(parts: readonly Part[]): Part | undefined {
  const live = parts.filter((part) => !('constant' in part && part.constant === ''));
  if (live.length === 0) return undefined;
  if (live.every((part) => 'constant' in part)) {
    return { constant: `[${live.map(({ constant }) => constant).join(',')}]` };
  }
  const writers = live.map((part) => ('write' in part ? part.write : () => part.constant));
  return { write: listWriter(writers) };
}

function listWriter(writers: readonly Writer[]): Writer {
  const [only] = writers;
  if (only !== undefined && writers.length === 1) {
    return (row, work) => {
      const text = only(row, work);
      return text === '' ? '' : `[${text}]`;
    };
  }
  return (row, work) => {
    let text = '';
    for (const write of writers) {
      const item = write(row, work);
      if (item !== '') text += text === '' ? item : `,${item}`;
    }
    return text === '' ? '' : `[${text}]`;
  };
}
