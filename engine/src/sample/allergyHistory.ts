import type { Random } from '../base/random.ts';
import { civil, isoDate, type Day } from './calendar.ts';
import {
  drawAllergen,
  drawReaction,
  noKnownAllergy,
  noKnownDrugAllergy,
  type Allergen,
  type Reaction,
} from './catalogue.ts';
import type { Defect } from './defect.ts';
import { between, chance, pick, repeats, weighted } from './draw.ts';
import { drawRemark } from './freeText.ts';
import { hasNoChart, lastDay, type Person } from './people.ts';
import { providerId } from './staff.ts';

export interface Allergy {
  id: number;
  kind: Allergen['kind'];
  /** `null`: nobody coded it, only `text` says what it is. */
  allergen: Allergen | null;
  text: string;
  reaction: Reaction | null;
  /** A reaction in the words of who wrote it, where no code was chosen. */
  reactionText: string | null;
  severity: 'MI' | 'MO' | 'SE' | null;
  status: AllergyStatus;
  /** ISO 8601 with the precision that is known. */
  onset: string | null;
  noted: Day;
  notedBy: number | null;
  remark: string | null;
  deleted: boolean;
  defect: Defect | undefined;
}

/** Active, inactive, refuted, entered in error, unconfirmed. */
export type AllergyStatus = 'A' | 'I' | 'R' | 'E' | 'U';

const drawStatus = weighted<AllergyStatus>([
  ['A', 76],
  ['I', 10],
  ['R', 6],
  ['U', 5],
  ['E', 3],
]);

/** Not asked is not the same as none known: the first has no row at all. */
const drawAnswer = weighted<'not asked' | 'none known' | 'some'>([
  ['not asked', 28],
  ['none known', 42],
  ['some', 30],
]);

const uncodedAllergies = [
  'some antibiotic as a child (pink liquid?)',
  'contrast dye – pt unsure',
  '"cheap jewelry"',
  'tape, adhesive\tband-aids ok',
  'IV iron ≥ 100 mg',
] as const;

const uncodedReactions = ['felt "funny"', 'mother does not recall', 'GI upset', 'welts\\blisters'];

const idsPerPatient = 8;
const firstAllergyId = 200_000;

export function createAllergies(
  random: Random,
  person: Person,
  planted: Defect | undefined,
  staff: number,
): Allergy[] {
  if (hasNoChart(person)) return [];
  const answer = drawAnswer(random);
  const count =
    answer === 'not asked' ? 0 : answer === 'none known' ? 1 : 1 + repeats(random, 0.4, 5);
  const allergies = Array.from({ length: count }, (_, at) =>
    answer === 'none known'
      ? createNoneKnown(random, person, at, staff)
      : createAllergy(random, person, at, staff),
  );
  if (planted?.table === 'allergies') {
    const allergy = createAllergy(random, person, count, staff);
    const allergen = allergy.allergen ?? drawAllergen(random);
    const coded = { allergen, kind: allergen.kind, text: allergen.text };
    allergies.push({ ...allergy, ...coded, deleted: false, defect: planted });
  }
  return allergies;
}

function createAllergy(random: Random, person: Person, at: number, staff: number): Allergy {
  const allergen = chance(random, 0.88) ? drawAllergen(random) : null;
  const reacted = chance(random, 0.65);
  const reaction = reacted && chance(random, 0.8) ? drawReaction(random) : null;
  const noted = between(random, Math.max(person.birth, lastDay - 7000), lastDay);
  return {
    id: allergyId(person, at),
    kind: allergen?.kind ?? 'DA',
    allergen,
    text: allergen?.text ?? pick(random, uncodedAllergies),
    reaction,
    reactionText: reacted && !reaction ? pick(random, uncodedReactions) : null,
    severity: reacted && chance(random, 0.7) ? pick(random, ['MI', 'MO', 'SE']) : null,
    status: drawStatus(random),
    onset: drawOnset(random, person, noted),
    noted,
    notedBy: chance(random, 0.9) ? providerId(random.integer(staff)) : null,
    remark: drawRemark(random, 0.2),
    deleted: person.deleted || chance(random, 0.01),
    defect: undefined,
  };
}

function createNoneKnown(random: Random, person: Person, at: number, staff: number): Allergy {
  const allergen = chance(random, 0.7) ? noKnownAllergy : noKnownDrugAllergy;
  return {
    id: allergyId(person, at),
    kind: 'NK',
    allergen,
    text: allergen.text,
    reaction: null,
    reactionText: null,
    severity: null,
    status: chance(random, 0.97) ? 'A' : 'E',
    onset: null,
    noted: between(random, Math.max(person.birth, lastDay - 7000), lastDay),
    notedBy: providerId(random.integer(staff)),
    remark: null,
    deleted: person.deleted,
    defect: undefined,
  };
}

function allergyId(person: Person, at: number): number {
  return firstAllergyId + person.index * idsPerPatient + at;
}

/** People remember a year, sometimes a month, seldom a day. */
function drawOnset(random: Random, person: Person, noted: Day): string | null {
  if (chance(random, 0.4)) return null;
  const day = between(random, person.birth, noted);
  const length = pick(random, [4, 7, 10]);
  return length === 4 ? String(civil(day).year) : isoDate(day).slice(0, length);
}
