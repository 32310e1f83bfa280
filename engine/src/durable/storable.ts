import { HandoverError } from '../base/errors.ts';

declare const tokenBrand: unique symbol;

/**
 * Text that may stand in the durable engine's tables, which are in clear: an id that Handover made,
 * a keyed digest, a name from the plan. Made by {@link token} only, so that no field of a record is
 * stored by a slip of the hand.
 */
export type Token = string & { readonly [tokenBrand]: true };

/**
 * What a workflow may take, return and checkpoint: ids, counts and tokens. Declare a shape of it
 * with `type`, not `interface` (an interface has no index signature).
 */
export type Storable =
  null | boolean | number | Token | readonly Storable[] | { readonly [key: string]: Storable };

/** No space, no quote, no `@`, no letter beyond ASCII: prose, names and addresses do not pass. */
const tokenPattern = /^[A-Za-z0-9._:/~-]{1,200}$/;
const keyPattern = /^[A-Za-z][A-Za-z0-9_]{0,63}$/;

/** @throws HandoverError `durable-value-refused` when `text` is not shaped like an id. */
export function token(text: string): Token {
  if (!tokenPattern.test(text)) throw refused('a text that is not an id');
  return text as Token;
}

/**
 * Text of a value for the engine's tables, after a check that holds at run time too: types do not
 * stop what came in as JSON.
 * @throws HandoverError `durable-value-refused`, which never quotes the value.
 */
export function storableText(value: unknown): string {
  check(value ?? null);
  return JSON.stringify(value ?? null);
}

/** The value behind a text written by {@link storableText}. */
export function storableValue(text: string | null): Storable {
  return text === null ? null : (JSON.parse(text) as Storable);
}

/** A copy that shares nothing with `value`, as if it had been stored and read again. */
export function storableCopy(value: unknown): Storable {
  return storableValue(storableText(value));
}

function check(value: unknown): void {
  if (value === null || typeof value === 'boolean') return;
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw refused('a number that JSON cannot hold');
  } else if (typeof value === 'string') {
    token(value);
  } else if (Array.isArray(value)) {
    value.forEach(check);
  } else if (typeof value === 'object' && isPlain(value)) {
    checkMembers(value);
  } else {
    throw refused('a value that is neither id, count nor token');
  }
}

function checkMembers(object: object): void {
  for (const [key, member] of Object.entries(object)) {
    if (!keyPattern.test(key)) throw refused('a key that is not a word');
    if (member !== undefined) check(member);
  }
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function refused(what: string): HandoverError {
  return new HandoverError(
    'durable-value-refused',
    `A workflow tried to store ${what}. Nothing was stored.`,
    { next: 'Pass an id, a count or a token; keep the value itself in a parcel or the ledger.' },
  );
}
