import type { Random } from '../../engine/src/base/random.ts';
import { seen, type Seen } from '../../engine/src/privacy/features.ts';
import { taggedKinds } from '../../engine/src/privacy/tagger.ts';
import { tokensOf } from '../../engine/src/privacy/tokens.ts';
import { chance, pick, titled } from './draw.ts';
import { fillers } from './fillers.ts';
import type { Filler, Piece } from './pieces.ts';

/** One made text, as the tagger sees it, and the labels that are right. */
export interface Lesson {
  sight: Seen[];
  labels: Uint8Array;
}

/** Texts of one to three sentences. */
export function* pieces(random: Random, templates: readonly string[]): Generator<Piece[], never> {
  const slots = fillers(random);
  for (;;) {
    const count = chance(random, 0.6) ? 1 : 2 + random.integer(2);
    const text: Piece[] = [];
    for (let at = 0; at < count; at++) {
      if (at > 0) text.push({ text: pick(random, [' ', ' ', '. ', '\n', '\n\n', ' - ', '; ']) });
      text.push(
        ...(chance(random, 0.12)
          ? salad(random, slots)
          : filled(random, pick(random, templates), slots)),
      );
    }
    yield noisy(random, text);
  }
}

export function sentences(random: Random, templates: readonly string[], count: number): Lesson[] {
  const made = pieces(random, templates);
  return Array.from({ length: count }, () => lessonOf(random, made.next().value));
}

/** Choose in `(a|b)` from the inside out, then fill `{slot}`. */
function filled(
  random: Random,
  template: string,
  slots: Readonly<Record<string, Filler>>,
): Piece[] {
  let chosen = template.replaceAll('\\n', '\n').replaceAll('\\t', '\t');
  for (let last = ''; last !== chosen;) {
    last = chosen;
    chosen = chosen.replaceAll(/\(([^()]*\|[^()]*)\)/g, (_, choices: string) =>
      pick(random, choices.split('|')),
    );
  }
  return chosen.split(/(\{[A-Z]+\})/).flatMap((part): Piece[] => {
    if (!/^\{[A-Z]+\}$/.test(part)) return [{ text: part }];
    const slot = slots[part.slice(1, -1)];
    if (!slot) throw new Error(`no slot ${part}`);
    return slot();
  });
}

const glue =
  'the a to in of and is was for on with by from at that it not but or as his her my our your this they we I you he she has had will be been are were no so if up out then when who what about into over after before near under than like also very just'.split(
    ' ',
  );
const inSalads = 'P P P F F F L L PT A A S C K O O O D T ACC CARD E M J W'.split(' ');

/** Words in no order, with something to find among them: what is left is the look of the thing itself. */
function salad(random: Random, slots: Readonly<Record<string, Filler>>): Piece[] {
  const word = (): Piece[] =>
    chance(random, 0.6) ? [{ text: pick(random, glue) }] : (slots['X'] as Filler)();
  const found = new Set([random.integer(8), ...(chance(random, 0.5) ? [random.integer(12)] : [])]);
  const made: Piece[] = [];
  for (let at = 0; at < 4 + random.integer(9); at++) {
    const part = found.has(at) ? (slots[pick(random, inSalads)] as Filler)() : word();
    if (at === 0 && part[0]?.kind === undefined) part[0] = { text: titled(part[0]?.text ?? '') };
    made.push(...part, { text: pick(random, [' ', ' ', ' ', ' ', ' ', ', ', ' - ', ': ', "'s "]) });
  }
  made[made.length - 1] = { text: pick(random, ['.', '', '?', '!', '...']) };
  return made;
}

/** What hurried typing does: no capitals, only capitals, no full stop. */
function noisy(random: Random, text: Piece[]): Piece[] {
  const draw = random.next();
  if (draw < 0.09) return text.map((piece) => ({ ...piece, text: piece.text.toLowerCase() }));
  if (draw < 0.12) return text.map((piece) => ({ ...piece, text: piece.text.toUpperCase() }));
  const capitals = draw > 0.9 ? 1 : 0.04;
  return text.map((piece) => {
    if (piece.kind === undefined)
      return { ...piece, text: capitalised(random, piece.text, capitals) };
    const shout = (piece.kind === 'person' || piece.kind === 'location') && chance(random, 0.03);
    return shout ? { ...piece, text: piece.text.toUpperCase() } : piece;
  });
}

/** A capital says little: any word may have one. */
function capitalised(random: Random, text: string, share: number): string {
  return text.replaceAll(/(?<!\p{L})\p{Ll}/gu, (letter) =>
    chance(random, share) ? letter.toUpperCase() : letter,
  );
}

function lessonOf(random: Random, text: readonly Piece[]): Lesson {
  const whole = text.map((piece) => piece.text).join('');
  const tokens = tokensOf(whole);
  const kinds = Array.from<Piece['kind']>({ length: whole.length });
  const begins = new Set<number>();
  let offset = 0;
  for (const { text: part, kind } of text) {
    kinds.fill(kind, offset, offset + part.length);
    begins.add(offset);
    offset += part.length;
  }
  const labels = new Uint8Array(tokens.length);
  let hidden = { word: false, lists: false };
  const sight = tokens.map((token, at) => {
    const kind = taggedKinds.indexOf(kinds[token.start] as (typeof taggedKinds)[number]);
    const starts = begins.has(token.start);
    if (kind >= 0) labels[at] = starts || labels[at - 1] === 0 ? 1 + 2 * kind : 2 + 2 * kind;
    // A name is hidden or seen as a whole, so that context and shape must do without the lists.
    if (kind < 0) hidden = { word: chance(random, 0.2), lists: chance(random, 0.02) };
    else if (starts) hidden = { word: chance(random, 0.6), lists: chance(random, 0.25) };
    return seen(token, hidden);
  });
  return { sight, labels };
}
