import type { JsonObject } from '../../base/json.ts';
import { coded, concept, dated, flag, referring, sequence, word } from './concept.ts';
import type { Concept } from './concept.ts';
import { codingsAt, objects, plain, referencesAt, text, texts, textsAt } from './elements.ts';
import type { ConceptValue } from './elements.ts';

const medications = ['MedicationStatement', 'MedicationRequest'];

export const medication: readonly Concept[] = [
  concept(
    'medication-drug',
    medications,
    'Drug as a code, in the statement or in the Medication it contains.',
    (resource) => drugs(resource).flatMap(codingsAt('coding')),
    coded,
  ),
  concept('medication-drug-text', medications, 'Drug in words.', (resource) =>
    drugs(resource).flatMap(textsAt('text')),
  ),
  concept('medication-status', medications, 'Whether it is being taken.', textsAt('status'), word),
  concept(
    'medication-intent',
    ['MedicationRequest'],
    'Proposal, plan, order.',
    textsAt('intent'),
    word,
  ),
  concept(
    'dose-value',
    medications,
    'Amount per dose, one for each dosage, in their order.',
    (resource) => plain(doses(resource).map((dose) => text(dose, 'value'))),
    { form: 'decimal', ordered: true },
  ),
  concept(
    'dose-unit',
    medications,
    'Unit of the dose: its code, or else its words; one for each dosage, in their order.',
    (resource) => plain(doses(resource).map((dose) => text(dose, 'code') || text(dose, 'unit'))),
    { form: 'code', ordered: true },
  ),
  concept(
    'dose-unit-text',
    medications,
    'Unit of the dose in words, as people read it beside the number.',
    (resource) => plain(doses(resource).map((dose) => text(dose, 'unit'))),
    sequence,
  ),
  concept(
    'dose-text',
    medications,
    'Directions in words.',
    textsAt('dosage.text', 'dosageInstruction.text'),
  ),
  concept(
    'dose-route',
    medications,
    'Route.',
    codingsAt('dosage.route.coding', 'dosageInstruction.route.coding'),
    coded,
  ),
  concept(
    'dose-route-text',
    medications,
    'Route in words.',
    textsAt('dosage.route.text', 'dosageInstruction.route.text'),
  ),
  concept(
    'dose-timing-text',
    medications,
    'Frequency in words.',
    textsAt('dosage.timing.code.text', 'dosageInstruction.timing.code.text'),
  ),
  concept(
    'medication-start',
    medications,
    'First day of taking it.',
    textsAt(
      'effectivePeriod.start',
      'effectiveDateTime',
      'dosageInstruction.timing.repeat.boundsPeriod.start',
    ),
    dated,
  ),
  concept(
    'medication-end',
    medications,
    'Last day of taking it.',
    textsAt('effectivePeriod.end', 'dosageInstruction.timing.repeat.boundsPeriod.end'),
    dated,
  ),
  concept(
    'medication-recorded',
    medications,
    'When it was ordered or asserted.',
    textsAt('dateAsserted', 'authoredOn'),
    dated,
  ),
  concept(
    'medication-reported',
    medications,
    'Whether the patient, not a practitioner, says so.',
    reported,
    flag,
  ),
  concept(
    'medication-prescriber',
    medications,
    'Who ordered or states it.',
    prescribers,
    referring,
  ),
  concept(
    'medication-informant',
    medications,
    'Who said so, whoever it is.',
    referencesAt('informationSource', 'reportedReference'),
    referring,
  ),
  concept(
    'medication-encounter',
    medications,
    'Visit it belongs to.',
    referencesAt('encounter', 'context'),
    referring,
  ),
];

/** The CodeableConcepts that name the drug. */
function drugs(resource: JsonObject): JsonObject[] {
  const contained = objects(resource, 'contained');
  const pointed = texts(resource, 'medicationReference.reference')
    .filter((reference) => reference.startsWith('#'))
    .flatMap((reference) => contained.filter((it) => text(it, 'id') === reference.slice(1)))
    .flatMap((it) => objects(it, 'code'));
  return [...objects(resource, 'medicationCodeableConcept'), ...pointed];
}

function doses(resource: JsonObject): JsonObject[] {
  return ['dosage', 'dosageInstruction'].flatMap((path) =>
    objects(resource, `${path}.doseAndRate.doseQuantity`),
  );
}

function informants(resource: JsonObject): string[] {
  return texts(resource, 'informationSource.reference');
}

function reported(resource: JsonObject): ConceptValue[] {
  const stated = texts(resource, 'reportedBoolean');
  const by = [...texts(resource, 'reportedReference.reference'), ...informants(resource)];
  return plain([...stated, ...by.map((it) => String(/^(?:Patient|RelatedPerson)\//.test(it)))]);
}

function prescribers(resource: JsonObject): ConceptValue[] {
  const stating = informants(resource).filter((it) => /^Practitioner(?:Role)?\//.test(it));
  return plain([...texts(resource, 'requester.reference'), ...stating]);
}
