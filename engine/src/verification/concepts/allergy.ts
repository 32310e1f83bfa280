import type { JsonObject } from '../../base/json.ts';
import { coded, concept, dated, referring, word } from './concept.ts';
import type { Concept } from './concept.ts';
import { codesOf, codingsAt, objects, plain, referencesAt, text, textsAt } from './elements.ts';
import type { ConceptValue } from './elements.ts';

const allergyOnly = ['AllergyIntolerance'];
const systems = 'http://terminology.hl7.org/CodeSystem';

/** SNOMED CT codes that state an absence: losing one turns "asked, none" into "not asked". */
const negations: ReadonlyMap<string, string> = new Map([
  ['716186003', 'none-known'],
  ['409137002', 'none-known-drug'],
  ['429625007', 'none-known-food'],
  ['428607008', 'none-known-environment'],
  ['1003774007', 'none-known-latex'],
]);

export const allergy: readonly Concept[] = [
  concept(
    'allergy-substance',
    allergyOnly,
    'Substance or finding.',
    codingsAt('code.coding'),
    coded,
  ),
  concept('allergy-substance-text', allergyOnly, 'Substance in words.', textsAt('code.text')),
  concept(
    'allergy-negation',
    allergyOnly,
    `That none is known: ${[...negations.values()].join(', ')} (SNOMED CT).`,
    readNegations,
    word,
  ),
  concept(
    'allergy-clinical-status',
    allergyOnly,
    'Clinical status.',
    codesOf(`${systems}/allergyintolerance-clinical`, 'clinicalStatus.coding'),
    word,
  ),
  concept(
    'allergy-verification-status',
    allergyOnly,
    'Verification status; refuted and entered-in-error are the ones that must not be lost.',
    codesOf(`${systems}/allergyintolerance-verification`, 'verificationStatus.coding'),
    word,
  ),
  concept('allergy-criticality', allergyOnly, 'Potential for harm.', textsAt('criticality'), word),
  concept(
    'allergy-category',
    allergyOnly,
    'Food, medication, environment.',
    textsAt('category'),
    word,
  ),
  concept('allergy-type', allergyOnly, 'Allergy or intolerance.', textsAt('type'), word),
  concept(
    'allergy-reaction',
    allergyOnly,
    'Manifestation of a reaction.',
    codingsAt('reaction.manifestation.coding'),
    coded,
  ),
  concept(
    'allergy-reaction-text',
    allergyOnly,
    'Manifestation of a reaction in words.',
    textsAt('reaction.manifestation.text'),
  ),
  concept(
    'allergy-severity',
    allergyOnly,
    'Severity of a reaction.',
    textsAt('reaction.severity'),
    word,
  ),
  concept('allergy-onset', allergyOnly, 'When it began.', textsAt('onsetDateTime'), dated),
  concept('allergy-recorded', allergyOnly, 'When it was recorded.', textsAt('recordedDate'), dated),
  concept('allergy-recorder', allergyOnly, 'Who recorded it.', referencesAt('recorder'), referring),
  concept(
    'allergy-encounter',
    allergyOnly,
    'Visit it belongs to.',
    referencesAt('encounter'),
    referring,
  ),
];

function readNegations(resource: JsonObject): ConceptValue[] {
  return plain(
    objects(resource, 'code.coding')
      .filter((coding) => text(coding, 'system') === 'http://snomed.info/sct')
      .map((coding) => negations.get(text(coding, 'code')))
      .filter((negation) => negation !== undefined),
  );
}
