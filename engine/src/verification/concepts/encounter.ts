import { coded, concept, dated, referring, word } from './concept.ts';
import type { Concept } from './concept.ts';
import { codingsAt, referencesAt, textsAt } from './elements.ts';

const encounterOnly = ['Encounter'];

export const encounter: readonly Concept[] = [
  concept('encounter-status', encounterOnly, 'Where the visit stands.', textsAt('status'), word),
  concept('encounter-class', encounterOnly, 'Kind of setting.', codingsAt('class'), coded),
  concept('encounter-type', encounterOnly, 'Type of visit.', codingsAt('type.coding'), coded),
  concept('encounter-type-text', encounterOnly, 'Type of visit in words.', textsAt('type.text')),
  concept(
    'encounter-start',
    encounterOnly,
    'When the visit began.',
    textsAt('period.start'),
    dated,
  ),
  concept('encounter-end', encounterOnly, 'When the visit ended.', textsAt('period.end'), dated),
  concept(
    'encounter-practitioner',
    encounterOnly,
    'Who saw the patient.',
    referencesAt('participant.individual'),
    referring,
  ),
  concept(
    'encounter-reason',
    encounterOnly,
    'Reason for the visit.',
    codingsAt('reasonCode.coding'),
    coded,
  ),
  concept(
    'encounter-reason-text',
    encounterOnly,
    'Reason for the visit in words.',
    textsAt('reasonCode.text'),
  ),
];
