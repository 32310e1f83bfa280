import type { Identifier } from './identifier.ts';

/**
 * Lines and parts of one address are one place: `12 Elm St` and `Apt. 4` and `Salem, OR 97301`, with
 * the numbers before and behind and the town between. Parts of one name are one name.
 */
export function joinPlaces(found: readonly Identifier[], text: string): Identifier[] {
  const joined: Identifier[] = [];
  for (const [at, each] of found.entries()) {
    const widened = widenedBy(each, text, joined.at(-1)?.end ?? 0, found[at + 1]);
    if (widened.kind === 'address') dropTowns(joined, widened, text);
    const last = joined.at(-1);
    if (last && belongTogether(last, widened, text.slice(last.end, widened.start))) {
      const kind = widened.kind === 'address' ? 'address' : last.kind;
      joined[joined.length - 1] = { ...last, kind, end: widened.end };
    } else joined.push(widened);
  }
  return joined;
}

function widenedBy(
  each: Identifier,
  text: string,
  from: number,
  next: Identifier | undefined,
): Identifier {
  if (each.kind === 'person') return withTitle(each, text, from);
  return isPlace(each) ? withNumbers(withStreet(each, text, from), text, from, next) : each;
}

const titleBefore =
  /(?<![\p{L}\d])(?:mr|mrs|ms|miss|dr|prof|professor|mx|rev|sr|sra|herr|frau|mme|mlle)\b\.? ?$/iu;

/** `Mr. Reese` whole: the title goes with the name that it is of. */
function withTitle(person: Identifier, text: string, from: number): Identifier {
  const title = titleBefore.exec(text.slice(Math.max(from, person.start - 11), person.start));
  return title ? { ...person, start: person.start - title[0].length } : person;
}

/** In front of `apt. 581` stands the street, from its number on. */
function withStreet(place: Identifier, text: string, from: number): Identifier {
  if (!/^(?:apt|apartment|suite|ste|unit|flat)\b/i.test(text.slice(place.start, place.start + 9)))
    return place;
  const before = text.slice(Math.max(from, place.start - 48), place.start);
  const street = /(?<![\p{L}\d])\d{1,6}[A-Za-z]?,? (?:[\p{L}\d.'’-]+[ ,\n]+){1,6}$/u.exec(before);
  return street ? { ...place, start: place.start - street[0].length } : place;
}

function belongTogether(left: Identifier, right: Identifier, between: string): boolean {
  if (left.kind === 'person' && right.kind === 'person') return /^ ?$/.test(between);
  const places = isPlace(left) && isPlace(right);
  if (!places || (left.kind === 'location' && right.kind === 'location')) return false;
  if (between.length <= 5 && /^[\s,.>?|;-]*$/.test(between)) return true;
  return left.kind === 'address' && right.kind === 'address' && isTown(between);
}

/** What stands between two parts of an address, apart from signs: one to four words with capitals. */
function isTown(between: string): boolean {
  return (
    between.length <= 44 &&
    /^[\s,.>|-]*(?:\p{Lu}[\p{L}'’.-]*|d[aei]l?|la|le|sur|am|of|and|&)(?:[\s,]+(?:\p{Lu}[\p{L}'’.-]*|d[aei]l?|la|le|sur|am|of|and|&)){0,4}[\s,]*$/u.test(
      between,
    )
  );
}

/** A town between two parts of an address that was taken for a name of something else. */
function dropTowns(joined: Identifier[], next: Identifier, text: string): void {
  for (let at = joined.length - 1; at > 0 && at > joined.length - 3; at--) {
    const before = joined[at - 1] as Identifier;
    const between = joined.slice(at);
    const names = between.every(
      ({ kind }) => kind === 'person' || kind === 'organisation' || kind === 'location',
    );
    if (names && before.kind === 'address' && isTown(text.slice(before.end, next.start))) {
      joined.length = at;
      return;
    }
  }
}

function isPlace({ kind }: Identifier): boolean {
  return kind === 'address' || kind === 'location';
}

/** A house number in front of an address, a postal code behind a place, where nothing else took them. */
function withNumbers(
  place: Identifier,
  text: string,
  from: number,
  next: Identifier | undefined,
): Identifier {
  const before = text.slice(Math.max(from, place.start - 14), place.start);
  const behind = text.slice(place.end, Math.min(next?.start ?? text.length, place.end + 16));
  const number =
    place.kind === 'address'
      ? /(?<![\p{L}\d.])(?:\d{1,6}[A-Z]?[ \n]{1,2}){1,2}$/u.exec(before)
      : null;
  const code =
    /^,? ?(?:[A-Z]{2,3},? )?(?:\d{4,6}(?:-\d{3,4})?|\d{1,3}(?=[ ,.?!;\n>]|$))(?![\p{L}\d]|[.,:/-]\d| ?(?:%|mg|years?|days?|people))/u.exec(
      behind,
    );
  const useful = code !== null && (place.kind === 'address' || /\d{5}/.test(code[0]));
  if (number === null && !useful) return place;
  return {
    ...place,
    kind: 'address',
    start: place.start - (number?.[0].length ?? 0),
    end: place.end + (useful ? code[0].length : 0),
  };
}
