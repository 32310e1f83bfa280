import { coded, concept, referring, word } from './concept.ts';
import type { Concept } from './concept.ts';
import { codingsAt, referencesAt, textsAt } from './elements.ts';

const places = ['Organization', 'Location'];

export const house: readonly Concept[] = [
  concept('organization-name', places, 'Name of an organization or place.', textsAt('name')),
  concept('location-status', ['Location'], 'Whether the place is in use.', textsAt('status'), word),
  concept(
    'part-of',
    places,
    'The organization that it belongs to.',
    referencesAt('managingOrganization', 'partOf'),
    referring,
  ),
  concept(
    'related-role',
    ['RelatedPerson'],
    'What somebody is to the patient.',
    codingsAt('relationship.coding'),
    coded,
  ),
];
