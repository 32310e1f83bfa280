/** Parts of names and addresses that stand in one column. What cannot be told apart is not guessed. */
type Part = (text: string) => string | undefined;

const suffixes = /^(jr|sr|ii|iii|iv|v|md|do|phd|np|pa|rn|esq)\.?$/i;
const prefixes = /^(mr|mrs|ms|miss|dr|prof|rev)\.?$/i;

interface Name {
  family: string | undefined;
  given: string[];
  prefix: string[];
  suffix: string[];
}

/** `LAST, FIRST MIDDLE JR`, `LAST JR, FIRST`, or `First Middle Last`. */
function readName(text: string): Name {
  const [before = '', ...after] = text.split(',').map((part) => part.trim());
  const name: Name = { family: undefined, given: [], prefix: [], suffix: [] };
  const take = (words: readonly string[]): string[] =>
    words.filter((word) => {
      if (suffixes.test(word)) name.suffix.push(word);
      else if (prefixes.test(word)) name.prefix.push(word);
      else return word !== '';
      return false;
    });
  const first = take(before.split(' '));
  const rest = after.flatMap((part) => take(part.split(' ')));
  if (rest.length > 0) {
    name.family = first.join(' ');
    name.given = rest;
  } else {
    name.family = first.at(-1);
    name.given = first.slice(0, -1);
  }
  return name;
}

export const nameParts: Readonly<Record<string, Part>> = {
  family: (text) => readName(text).family,
  given: (text) => readName(text).given.join(' '),
  prefix: (text) => readName(text).prefix.join(' '),
  suffix: (text) => readName(text).suffix.join(' '),
};

/** `12 Main St, Apt 4, Springfield, IL 62701-1234`: what stands before the last two commas is lines. */
const address =
  /^(?:(.*),)?\s*([^,]+?)\s*,\s*([A-Za-z]{2})\.?\s+(\d{5}(?:-?\d{4})?)(?:\s*,?\s*USA?)?$/;

function addressPart(group: number): Part {
  return (text) => address.exec(text)?.[group]?.trim();
}

export const addressParts: Readonly<Record<string, Part>> = {
  line: addressPart(1),
  city: addressPart(2),
  state: addressPart(3),
  postalCode: addressPart(4),
};
