import { coded, concept, dated, referring, word } from './concept.ts';
import type { Concept } from './concept.ts';
import { codesOf, codingsAt, referencesAt, textsAt } from './elements.ts';

const conditions = ['Condition'];
const systems = 'http://terminology.hl7.org/CodeSystem';

export const problem: readonly Concept[] = [
  concept('problem-code', conditions, 'Diagnosis or problem.', codingsAt('code.coding'), coded),
  concept('problem-text', conditions, 'Diagnosis or problem in words.', textsAt('code.text')),
  concept(
    'problem-clinical-status',
    conditions,
    'Clinical status.',
    codesOf(`${systems}/condition-clinical`, 'clinicalStatus.coding'),
    word,
  ),
  concept(
    'problem-verification-status',
    conditions,
    'Verification status; refuted and entered-in-error must not be lost.',
    codesOf(`${systems}/condition-ver-status`, 'verificationStatus.coding'),
    word,
  ),
  concept(
    'problem-category',
    conditions,
    'Problem-list item or visit diagnosis.',
    codingsAt('category.coding'),
    coded,
  ),
  concept('problem-onset', conditions, 'When it began.', textsAt('onsetDateTime'), dated),
  concept('problem-abatement', conditions, 'When it ended.', textsAt('abatementDateTime'), dated),
  concept('problem-recorded', conditions, 'When it was recorded.', textsAt('recordedDate'), dated),
  concept('problem-recorder', conditions, 'Who recorded it.', referencesAt('recorder'), referring),
  concept(
    'problem-encounter',
    conditions,
    'Visit it was diagnosed at.',
    referencesAt('encounter'),
    referring,
  ),
  concept(
    'note',
    [
      'Condition',
      'AllergyIntolerance',
      'MedicationStatement',
      'MedicationRequest',
      'Observation',
      'Procedure',
      'Immunization',
      'ServiceRequest',
    ],
    'Free-text notes on the item.',
    textsAt('note.text'),
  ),
];
