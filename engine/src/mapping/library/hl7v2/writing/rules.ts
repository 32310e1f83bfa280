import type { WrittenSegment, WrittenValue } from '../../../../formats/hl7v2/writer.ts';
import type { Writing } from '../../outward/chart.ts';
import type { Reading } from '../../outward/reading.ts';

/** An element of FHIR as a value of a field; undefined, and unmarked, where there is nothing to say. */
export type Write = (from: Reading, writing: Writing) => WrittenValue | undefined;

/** A primitive of FHIR as a value of a field; undefined where the field has no word for it. */
export type WriteText = (text: string, writing: Writing, path: string) => WrittenValue | undefined;

/** One line of a segment's table: a field, and where in FHIR its values stand. */
export interface WriteRule {
  field: number;
  repeats: boolean;
  write: (from: Reading, writing: Writing, want: number) => WrittenValue[];
}

export type Where = (each: Reading) => boolean;

/** The first element at a path (`hospitalization.dietPreference`) goes to the field, if it is free. */
export function one(field: number, path: string, write: Write, where?: Where): WriteRule {
  return { field, repeats: false, write: elements(path, write, where) };
}

/** Every element at a path is one more repetition of the field. */
export function all(field: number, path: string, write: Write, where?: Where): WriteRule {
  return { field, repeats: true, write: elements(path, write, where) };
}

/** A primitive at a path goes to the field, if it is free. */
export function text(field: number, path: string, write: WriteText = (own) => own): WriteRule {
  const steps = path.split('.');
  const name = steps.pop() as string;
  return {
    field,
    repeats: false,
    write(from, writing, want) {
      const found: WrittenValue[] = [];
      for (const each of at(from, steps)) {
        const own = each.peek(name);
        const written =
          own === undefined || found.length >= want
            ? undefined
            : write(own, writing, `${each.path}.${name}`);
        if (isNothing(written)) continue;
        each.take(name);
        found.push(written);
      }
      return found;
    },
  };
}

function elements(path: string, write: Write, where?: Where): WriteRule['write'] {
  const steps = path.split('.');
  return (from, writing, want) => {
    const found: WrittenValue[] = [];
    for (const each of at(from, steps)) {
      if (found.length >= want) break;
      if (where?.(each) === false) continue;
      const written = write(each, writing);
      if (!isNothing(written)) found.push(written);
    }
    return found;
  };
}

function at(from: Reading, steps: readonly string[]): readonly Reading[] {
  let found: readonly Reading[] = [from];
  for (const step of steps) found = found.flatMap((each) => each.all(step));
  return found;
}

function isNothing(value: WrittenValue | undefined): value is undefined {
  if (value === undefined || value === '') return true;
  return Array.isArray(value) && value.every((each) => isNothing(each as WrittenValue));
}

/** Fields that HL7 v2.8.2 requires (chapters 3, 4, 6, 7 and 10) and that a chart may have nothing for. */
const required: Readonly<Record<string, readonly number[]>> = {
  PID: [3, 5],
  DG1: [3, 6],
  PR1: [3, 5],
  IN1: [2, 3],
  IAM: [3],
  OBR: [4],
  OBX: [3, 11],
  SPM: [4],
  SCH: [6, 16, 20],
  AIS: [3],
  AIG: [4],
};

/** A segment while its fields are filled. */
export class SegmentDraft {
  readonly name: string;
  readonly #fields = new Map<number, WrittenValue[]>();

  constructor(name: string) {
    this.name = name;
  }

  has(field: number): boolean {
    return this.#fields.has(field);
  }

  /** One more repetition of a field; nothing of a value that says nothing. */
  add(field: number, value: WrittenValue | undefined): this {
    if (isNothing(value)) return this;
    const list = this.#fields.get(field);
    if (list === undefined) this.#fields.set(field, [value]);
    else list.push(value);
    return this;
  }

  /** Fill the fields of a table. What a field has no room for stays unmarked. */
  apply(rules: readonly WriteRule[], from: Reading, writing: Writing): this {
    for (const { field, repeats, write } of rules) {
      const want = repeats ? Infinity : this.has(field) ? 0 : 1;
      if (want === 0) continue;
      for (const value of write(from, writing, want)) this.add(field, value);
    }
    return this;
  }

  /** Fields that HL7 requires of the segment and that nothing in the chart fills: `DG1-3`. */
  lacking(): string[] {
    const fields = required[this.name] ?? [];
    return fields.filter((field) => !this.has(field)).map((field) => `${this.name}-${field}`);
  }

  /** Fields from 1 on; of MSH from 3 on, as its first two are the delimiters. */
  written(): WrittenSegment {
    const first = this.name === 'MSH' ? 3 : 1;
    const last = Math.max(first - 1, ...this.#fields.keys());
    const fields = Array.from({ length: last - first + 1 }, (_, index) => {
      const list = this.#fields.get(first + index);
      if (list === undefined) return undefined;
      return list.length === 1 ? list[0] : { repeat: list };
    });
    return { name: this.name, fields };
  }
}
