import type { Value } from '../../../formats/hl7v2/segment.ts';
import { Memo } from '../../memo.ts';

/** Values of a kind that are remembered. */
const mostRemembered = 4_000;

/** Longer ones hardly come twice. */
const longestRemembered = 400;

interface Remembered<Made> {
  made: Made;
  /** What was read of the value for it. */
  parts: number;
}

/**
 * Reads values of one data type, and remembers by their text what was made of them: the people and
 * places of a feed are named again by nearly every message. What is made is shared among messages,
 * so it is frozen, and holds of the value's text alone.
 */
export class ValueMemo<Made> {
  readonly #read: (value: Value) => Made;
  readonly #known = new Memo<Remembered<Made>>(mostRemembered);

  constructor(read: (value: Value) => Made) {
    this.#read = read;
  }

  of(value: Value): Made {
    const text = value.plain;
    if (text === undefined || text.length > longestRemembered) return this.#read(value);
    const known = this.#known.get(text);
    if (known !== undefined) {
      value.markParts(known.parts);
      return known.made;
    }
    const apart = value.apart();
    const made = this.#read(apart);
    freeze(made);
    const parts = apart.partsRead;
    this.#known.set(apart.raw, { made, parts });
    value.markParts(parts);
    return made;
  }
}

function freeze(made: unknown): void {
  if (typeof made !== 'object' || made === null) return;
  Object.freeze(made);
  for (const each of Object.values(made)) freeze(each);
}
