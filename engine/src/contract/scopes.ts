/** What a machine may do with resources of a type, as SMART App Launch 2 letters it. */
export type ScopeLetter = 'c' | 'r' | 'u' | 'd' | 's';

const letters: readonly ScopeLetter[] = ['c', 'r', 'u', 'd', 's'];

/** One scope of a system: a type, or `*` for all, and what may be done. */
export interface SystemScope {
  type: string;
  may: readonly ScopeLetter[];
}

/** The words of SMART 1, which clients still ask with. */
const formerWords: Readonly<Record<string, string>> = { read: 'rs', write: 'cud', '*': 'cruds' };

/**
 * Read `system/Patient.rs`, `system/*.cruds` or, of SMART 1, `system/*.read`. Undefined for anything
 * else, also for a scope with a query behind it, which is not narrowed here and so is not given.
 */
export function systemScope(text: string): SystemScope | undefined {
  const parts = /^system\/(\*|[A-Z][A-Za-z]*)\.(read|write|\*|c?r?u?d?s?)$/.exec(text);
  const [, type = '', word = ''] = parts ?? [];
  const named = Object.hasOwn(formerWords, word) ? (formerWords[word] ?? '') : word;
  const may = letters.filter((letter) => named.includes(letter));
  return may.length === 0 ? undefined : { type, may };
}

export function scopeText({ type, may }: SystemScope): string {
  return `system/${type}.${may.join('')}`;
}

/** What of the scopes asked for is within those held; fewer letters and fewer types than asked, maybe none. */
export function grantedScopes(
  asked: readonly SystemScope[],
  held: readonly SystemScope[],
): SystemScope[] {
  const granted = new Map<string, Set<ScopeLetter>>();
  for (const one of asked) {
    for (const other of held) {
      const fits = one.type === '*' || other.type === '*' || one.type === other.type;
      if (!fits) continue;
      const type = one.type === '*' ? other.type : one.type;
      const own = granted.get(type) ?? new Set();
      for (const letter of one.may) if (other.may.includes(letter)) own.add(letter);
      granted.set(type, own);
    }
  }
  return [...granted]
    .map(([type, may]) => ({ type, may: letters.filter((letter) => may.has(letter)) }))
    .filter(({ may }) => may.length > 0);
}

/** Whether all of these may be done with a type. */
export function scopesAllow(
  scopes: readonly SystemScope[],
  type: string,
  needed: readonly ScopeLetter[],
): boolean {
  return needed.every((letter) =>
    scopes.some(
      (scope) => (scope.type === '*' || scope.type === type) && scope.may.includes(letter),
    ),
  );
}
