import { coded, concept, identifying, recordTypes, word } from './concept.ts';
import type { Concept } from './concept.ts';
import { codingsAt, objects, partsOf, text, textsAt } from './elements.ts';

const npiSystem = 'http://hl7.org/fhir/sid/us-npi';

/** Names, addresses and the `active` flag of a practitioner are concepts of identity. */
export const practitioner: readonly Concept[] = [
  concept(
    'npi',
    ['Practitioner', 'Organization'],
    `US national provider identifier (${npiSystem}).`,
    partsOf('identifier', 'value', ({ system }) => system === npiSystem),
    word,
  ),
  concept(
    'identifier',
    recordTypes,
    'Every business identifier of the resource except an NPI.',
    (resource) =>
      objects(resource, 'identifier')
        .map((it) => ({ value: text(it, 'value'), system: text(it, 'system') }))
        .filter(({ system }) => system !== npiSystem),
    identifying,
  ),
  concept(
    'qualification',
    ['Practitioner'],
    'Qualification or specialty as a code.',
    codingsAt('qualification.code.coding'),
    coded,
  ),
  concept(
    'qualification-text',
    ['Practitioner'],
    'Qualification or specialty in words.',
    textsAt('qualification.code.text'),
  ),
];
