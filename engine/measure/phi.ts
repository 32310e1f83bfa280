import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Detector } from '../src/privacy/detector.ts';
import { numberKinds, type Identifier } from '../src/privacy/identifier.ts';

/** Of one class of identifiers. */
interface ClassFigures {
  entity: string;
  /** Marked in the data. */
  entities: number;
  found: number;
  recall: number;
  predicted: number;
  right: number;
  precision: number;
}

interface Miss {
  cause: string;
  /** The words around, the place itself between angle brackets. */
  text: string;
}

export interface PhiFigures {
  texts: number;
  /** The six classes that recall and precision are taken over. */
  byEntity: ClassFigures[];
  /** Found too, but in neither figure. */
  others: ClassFigures[];
  /** The texts in two halves by their template. */
  halves: { half: string; texts: number; recall: number; precision: number }[];
  recall: number;
  precision: number;
  /** Letters and digits of all marked identifiers that lie in some place found, of whatever class. */
  covered: number;
  textsPerSecond: number;
  /** Of the half that is looked at: whoever mends the detector must not read the other. */
  misses: Miss[];
}

const judged = ['person', 'address', 'phone', 'date', 'email', 'id'] as const;
const unjudged = ['location', 'organisation', 'age', 'url', 'ip'] as const;
type Class = (typeof judged)[number] | (typeof unjudged)[number];

interface MarkedSpan {
  entity_type: string;
  start_position: number;
  end_position: number;
}

interface MarkedText {
  full_text: string;
  masked?: string;
  spans: MarkedSpan[];
}

interface Place {
  kind: Class;
  start: number;
  end: number;
}

/** What the marks of others are called here; what is not listed is not judged. */
const classOfMark: readonly (readonly [RegExp, Class])[] = [
  [/^(?:url|domain.*)$/i, 'url'],
  [/^(?:person|.*name|per)$/i, 'person'],
  [/^(?:street_?address|address|zip_?code|zip|postal.*|street)$/i, 'address'],
  [/^(?:location|gpe|loc|city|state|country)$/i, 'location'],
  [/^(?:phone.*|fax.*|tel.*)$/i, 'phone'],
  [/^(?:date.*|dob|birth_?date)$/i, 'date'],
  [/^e_?mail.*$/i, 'email'],
  [
    /^(?:us_ssn|ssn|credit_card.*|iban.*|us_.*|.*licen[cs]e.*|.*passport.*|mrn|medical_record.*|.*account.*|.*_?id|npi|id_?num.*)$/i,
    'id',
  ],
  [/^(?:organi[sz]ation|org|hospital)$/i, 'organisation'],
  [/^age$/i, 'age'],
  [/^ip.*$/i, 'ip'],
];

/** Every text of DIR's JSON files, marked by others, beside what the detector finds. */
export async function measurePhi(folder: string): Promise<PhiFigures> {
  const texts = await readTexts(folder);
  if (texts.length === 0) throw new Error(`no texts with spans in ${folder}`);
  const detector = new Detector();
  for (const { full_text: text } of texts.slice(0, 500)) detector.find(text);
  const started = performance.now();
  const found = texts.map(({ full_text: text }) => detector.find(text));
  const seconds = (performance.now() - started) / 1000;
  const tally = new Tally();
  const halves = [new Tally(), new Tally()] as const;
  for (const [at, text] of texts.entries()) {
    const places = found[at] as Identifier[];
    tally.add(text, places);
    halves[halfOf(text)].add(text, places);
  }
  return {
    texts: texts.length,
    byEntity: judged.map((each) => tally.figures(each)),
    others: unjudged.map((each) => tally.figures(each)),
    halves: halves.map((half, at) => ({
      half: at === 0 ? 'looked at' : 'held out',
      texts: half.texts,
      ...half.total(),
    })),
    ...tally.total(),
    covered: rounded(tally.covered / tally.marked),
    textsPerSecond: Math.round(texts.length / seconds),
    misses: halves[0].misses,
  };
}

async function readTexts(folder: string): Promise<MarkedText[]> {
  const names = (await readdir(folder, { recursive: true })).filter((name) =>
    name.endsWith('.json'),
  );
  const texts: MarkedText[] = [];
  for (const name of names.toSorted()) {
    const parsed: unknown = JSON.parse(await readFile(join(folder, name), 'utf8'));
    for (const each of Array.isArray(parsed) ? parsed : [parsed]) {
      const { full_text: text, spans } = each as Partial<MarkedText>;
      if (typeof text === 'string' && Array.isArray(spans)) texts.push(each as MarkedText);
    }
  }
  return texts;
}

/** 0 or 1, by the text without its identifiers: a template lies in one half whole. */
function halfOf({ full_text: text, masked = text }: MarkedText): 0 | 1 {
  const template = masked
    .replaceAll(/\{\{.*?\}\}/g, '{}')
    .toLowerCase()
    .replaceAll(/\s+/g, ' ')
    .trim();
  const last = createHash('md5').update(template).digest().at(-1) as number;
  return last % 2 === 0 ? 0 : 1;
}

/**
 * A marked identifier is found when at least half of its letters and digits lie in places of its
 * class; a place is right when at least half of its letters and digits are marked so. A part of an
 * address and a town are one class in this: the data marks whole addresses or their parts.
 */
class Tally {
  texts = 0;
  marked = 0;
  covered = 0;
  readonly misses: Miss[] = [];
  readonly #counts = new Map<
    Class,
    { entities: number; found: number; predicted: number; right: number }
  >();

  add({ full_text: text, spans }: MarkedText, found: readonly Identifier[]): void {
    this.texts++;
    const marks = spans.flatMap((span) => placeOfMark(span));
    const places = found.map(({ kind, start, end }) => ({ kind: classOf(kind), start, end }));
    for (const mark of marks) {
      const counts = this.#of(mark.kind);
      counts.entities++;
      const { share, size, covered } = overlap(text, mark, places);
      this.marked += size;
      this.covered += covered;
      if (share >= 0.5) counts.found++;
      else this.#miss(`${mark.kind} not found`, text, mark);
    }
    for (const place of places) {
      const counts = this.#of(place.kind);
      counts.predicted++;
      if (overlap(text, place, marks).share >= 0.5) counts.right++;
      else this.#miss(`${place.kind} found where none is marked`, text, place);
    }
  }

  figures(entity: Class): ClassFigures {
    const { entities, found, predicted, right } = this.#of(entity);
    return {
      entity,
      entities,
      found,
      recall: rounded(found / entities),
      predicted,
      right,
      precision: rounded(right / predicted),
    };
  }

  total(): { recall: number; precision: number } {
    const all = judged.map((each) => this.#of(each));
    const sum = (pick: (counts: (typeof all)[number]) => number) =>
      all.reduce((total, each) => total + pick(each), 0);
    return {
      recall: rounded(sum((each) => each.found) / sum((each) => each.entities)),
      precision: rounded(sum((each) => each.right) / sum((each) => each.predicted)),
    };
  }

  #of(kind: Class) {
    const none = { entities: 0, found: 0, predicted: 0, right: 0 };
    const counts = this.#counts.get(kind) ?? none;
    this.#counts.set(kind, counts);
    return counts;
  }

  #miss(cause: string, text: string, { kind, start, end }: Place): void {
    if (!(judged as readonly string[]).includes(kind)) return;
    const before = text.slice(Math.max(0, start - 30), start);
    const marked = `${before}<${text.slice(start, end)}>${text.slice(end, end + 30)}`;
    this.misses.push({ cause, text: marked.replaceAll(/\s+/g, ' ') });
  }
}

function placeOfMark({
  entity_type: type,
  start_position: start,
  end_position: end,
}: MarkedSpan): Place[] {
  const kind = classOfMark.find(([pattern]) => pattern.test(type))?.[1];
  return kind ? [{ kind, start, end }] : [];
}

function classOf(kind: Identifier['kind']): Class {
  return numberKinds.has(kind) ? 'id' : (kind as Class);
}

interface Overlap {
  /** Of `place`, in places of its class. */
  share: number;
  size: number;
  /** Letters and digits of `place` in places of any class. */
  covered: number;
}

function overlap(text: string, place: Place, others: readonly Place[]): Overlap {
  let size = 0;
  let same = 0;
  let covered = 0;
  for (let at = place.start; at < place.end; at++) {
    if (!/[\p{L}\p{N}]/u.test(text[at] as string)) continue;
    size++;
    const over = others.filter(({ start, end }) => start <= at && at < end);
    if (over.length > 0) covered++;
    if (over.some(({ kind }) => alike(kind, place.kind))) same++;
  }
  return { share: size === 0 ? 1 : same / size, size, covered };
}

function alike(left: Class, right: Class): boolean {
  const places: readonly Class[] = ['address', 'location'];
  return left === right || (places.includes(left) && places.includes(right));
}

function rounded(value: number): number {
  return Math.round(value * 10_000) / 10_000;
}
