import type { JsonObject } from '../../base/json.ts';
import { concept, dated, recordTypes, word } from './concept.ts';
import type { Concept } from './concept.ts';
import { objects, plain, text, texts, textsAt } from './elements.ts';
import type { ConceptValue, Read } from './elements.ts';

/** Codes with their systems, `system|code`; messages often leave the system out. */
function sent(path: string): Read {
  return (resource) =>
    plain(
      objects(resource, path)
        .filter((coding) => text(coding, 'code') !== '')
        .map((coding) => `${text(coding, 'system')}|${text(coding, 'code')}`),
    );
}

const charges = ['ChargeItem'];

/** What the source sent beside the code: its kind of transaction (HL7 table 0017). */
function kindOfCharge(resource: JsonObject): ConceptValue[] {
  return plain(
    objects(resource, 'extension')
      .filter((extension) => text(extension, 'url').endsWith('transaction-type'))
      .flatMap((extension) => texts(extension, 'valueCodeableConcept.coding.code')),
  );
}

/** Concepts of messages, whose codes may lack a system and whose amounts may lack a currency. */
export const message: readonly Concept[] = [
  concept(
    'kind',
    ['Patient', ...recordTypes],
    'What the resource is: stated of everything that a message speaks of.',
    textsAt('resourceType'),
    word,
  ),
  concept(
    'entry-code',
    ['AllergyIntolerance', 'Condition', 'Immunization', 'Observation'],
    'Every code of it, whatever its system.',
    (resource) =>
      plain([
        ...new Set(['code', 'vaccineCode'].flatMap((at) => texts(resource, `${at}.coding.code`))),
      ]),
    word,
  ),
  concept('claim-line-charge', ['Claim'], 'Charge of every line.', textsAt('item.net.value'), {
    form: 'decimal',
  }),
  concept(
    'record-number',
    ['Patient'],
    'Every identifier with who assigned it, `system|value`; the system may be missing.',
    (resource) =>
      plain(
        objects(resource, 'identifier')
          .filter((identifier) => text(identifier, 'value') !== '')
          .map((identifier) => `${text(identifier, 'system')}|${text(identifier, 'value')}`),
      ),
    word,
  ),
  concept(
    'encounter-sent-class',
    ['Encounter'],
    'Kind of setting, `system|code`; the system may be missing.',
    sent('class'),
    word,
  ),
  concept(
    'result-sent-code',
    ['Observation'],
    'What was measured, `system|code`; the system may be missing.',
    sent('code.coding'),
    word,
  ),
  concept(
    'allergy-sent-code',
    ['AllergyIntolerance'],
    'Substance, `system|code`; the system may be missing.',
    sent('code.coding'),
    word,
  ),
  concept(
    'vaccine-sent-code',
    ['Immunization'],
    'Vaccine, `system|code`; the system may be missing.',
    sent('vaccineCode.coding'),
    word,
  ),
  concept(
    'charge-sent-code',
    charges,
    'What is charged, `system|code`; the system may be missing.',
    sent('code.coding'),
    word,
  ),
  concept(
    'charge-amount',
    charges,
    'Amount, whatever its currency.',
    textsAt('priceOverride.value'),
    {
      form: 'decimal',
    },
  ),
  concept('charge-kind', charges, 'Charge, credit or payment (extension).', kindOfCharge, word),
  concept(
    'charge-time',
    charges,
    'When the service was.',
    textsAt('occurrenceDateTime', 'occurrencePeriod.start'),
    dated,
  ),
];
