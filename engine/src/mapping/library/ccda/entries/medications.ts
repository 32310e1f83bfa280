import type { XmlElement } from '../../../../formats/xml/element.ts';
import type { Element, Resource } from '../../resource.ts';
import { add, fill, referenceTo } from '../../resource.ts';
import type { Conversion } from '../conversion.ts';
import { actors, authorship, informantOf, organizationOf, party, performers } from '../parties.ts';
import { concept, entryText, number, plain, quantity, timeSpan, words } from '../values.ts';
import { dosageOf } from './dosage.ts';
import {
  actOf,
  addNotes,
  begin,
  indications,
  inVisit,
  isNegated,
  isPlanned,
  mappedStatus,
  related,
  settle,
} from './entry.ts';
import type { EntryRule } from './entry.ts';

/** ActStatus of what a patient takes. */
export const statementStatuses: Readonly<Record<string, string>> = {
  active: 'active',
  completed: 'completed',
  aborted: 'stopped',
  suspended: 'on-hold',
  held: 'on-hold',
  cancelled: 'not-taken',
  nullified: 'entered-in-error',
  new: 'intended',
};

/** ActStatus of what was ordered. */
export const requestStatuses: Readonly<Record<string, string>> = {
  active: 'active',
  completed: 'completed',
  aborted: 'stopped',
  suspended: 'on-hold',
  held: 'on-hold',
  cancelled: 'cancelled',
  nullified: 'entered-in-error',
  new: 'draft',
};

/** ActStatus of what was given. */
export const administrationStatuses: Readonly<Record<string, string>> = {
  active: 'in-progress',
  completed: 'completed',
  aborted: 'stopped',
  suspended: 'on-hold',
  held: 'on-hold',
  cancelled: 'not-done',
  nullified: 'entered-in-error',
};

const intents: Readonly<Record<string, string>> = {
  INT: 'plan',
  RQO: 'order',
  PRP: 'proposal',
  PRMS: 'plan',
};

/** Sections of drugs that were given during what the document is about. */
const givenSections = new Set(['29549-3', '59774-0', '18610-6']);

/**
 * Medication Activity (2.16.840.1.113883.10.20.22.4.16) and Planned Medication Activity: what a
 * patient takes is a statement, what was given in the visit an administration, and what is wished,
 * ordered or planned a request.
 */
export const medicationActivity: EntryRule = (entry, section, conversion) => {
  const planned = isPlanned(entry);
  const given = !planned && givenSections.has(section.code ?? '');
  const made = planned
    ? request(entry, conversion)
    : given
      ? administration(entry, conversion)
      : statement(entry, conversion);
  fillDrug(made, entry, conversion);
  const reasons = indications(entry, conversion);
  if (reasons.length > 0) fill(made, 'reasonCode', reasons);
  addNotes(made, entry, conversion);
  const orders = entry
    .all('entryRelationship')
    .map(actOf)
    .filter((each) => each?.name === 'supply')
    .flatMap((each) => supplyOf(each as XmlElement, made, conversion));
  return [made, ...orders];
};

/** Admission Medication and Discharge Medication: what is in them. */
export const medicationAct: EntryRule = (entry, section, conversion) => {
  settle(entry);
  return entry
    .all('entryRelationship')
    .map(actOf)
    .filter((each) => each?.name === 'substanceAdministration')
    .flatMap((each) => medicationActivity(each as XmlElement, section, conversion));
};

function statement(entry: XmlElement, conversion: Conversion): Resource {
  const made = begin('MedicationStatement', entry, conversion);
  const status = mappedStatus(entry, statementStatuses, 'unknown', conversion);
  fill(made, 'status', isNegated(entry) ? 'not-taken' : status);
  if (conversion.encounter !== undefined) fill(made, 'context', conversion.encounter);
  const { span, dosage } = dosageOf(entry, conversion);
  fill(made, 'effectiveDateTime', span.point);
  fill(made, 'effectivePeriod', span.period);
  const { author, time } = authorship(entry, conversion);
  fill(made, 'dateAsserted', time);
  fill(made, 'informationSource', informantOf(entry, conversion) ?? author);
  fill(made, 'dosage', dosage && [dosage]);
  return made;
}

function request(entry: XmlElement, conversion: Conversion): Resource {
  const made = begin('MedicationRequest', entry, conversion);
  fill(made, 'status', mappedStatus(entry, requestStatuses, 'unknown', conversion));
  fill(made, 'intent', intents[entry.attribute('moodCode') ?? ''] ?? 'plan');
  if (isNegated(entry)) fill(made, 'doNotPerform', true);
  inVisit(made, conversion);
  const { span, dosage } = dosageOf(entry, conversion);
  const { author, time } = authorship(entry, conversion);
  fill(made, 'authoredOn', time);
  fill(made, 'requester', author);
  // When it is to be taken belongs to the dose: a request has no period of its own.
  const bounds = span.period ?? (span.point && { start: span.point });
  const timing = (dosage?.timing ?? {}) as Element;
  const repeat = (timing.repeat ?? {}) as Element;
  const timed =
    bounds === undefined
      ? dosage
      : { ...dosage, timing: { ...timing, repeat: { boundsPeriod: bounds, ...repeat } } };
  fill(made, 'dosageInstruction', timed && [timed]);
  return made;
}

function administration(entry: XmlElement, conversion: Conversion): Resource {
  const made = begin('MedicationAdministration', entry, conversion);
  const status = mappedStatus(entry, administrationStatuses, 'unknown', conversion);
  fill(made, 'status', isNegated(entry) ? 'not-done' : status);
  if (conversion.encounter !== undefined) fill(made, 'context', conversion.encounter);
  const { span, dosage } = dosageOf(entry, conversion);
  if (span.period === undefined) fill(made, 'effectiveDateTime', span.point);
  else fill(made, 'effectivePeriod', span.period);
  fill(made, 'performer', actors(performers(entry, conversion)));
  const [rate] = (dosage?.doseAndRate as Element[] | undefined) ?? [];
  const given = {
    ...(dosage?.text === undefined ? {} : { text: dosage.text }),
    ...(dosage?.site === undefined ? {} : { site: dosage.site }),
    ...(dosage?.route === undefined ? {} : { route: dosage.route }),
    ...(rate?.doseQuantity === undefined ? {} : { dose: rate.doseQuantity }),
    ...(rate?.rateQuantity === undefined ? {} : { rateQuantity: rate.rateQuantity }),
  };
  if (Object.keys(given).length > 0) fill(made, 'dosage', given);
  return made;
}

/** The drug of an entry: its code, in its own words where it has none; nothing taken, if so said. */
function fillDrug(made: Resource, entry: XmlElement, conversion: Conversion): void {
  const product = entry.at('consumable', 'manufacturedProduct');
  const drug = drugOf(product, conversion);
  if (drug === undefined && isNegated(entry)) {
    const display = 'No known medications';
    const system = 'http://snomed.info/sct';
    fill(made, 'medicationCodeableConcept', {
      coding: [{ system, code: '787481004', display }],
    });
    return;
  }
  const said = drug ?? { text: entryText(entry, conversion) ?? 'unknown' };
  fill(made, 'medicationCodeableConcept', said);
}

/** manufacturedMaterial's code, or the name beside it. */
export function drugOf(
  product: XmlElement | undefined,
  conversion: Conversion,
): Element | undefined {
  const material =
    product?.child('manufacturedMaterial') ?? product?.child('manufacturedLabeledDrug');
  const told = concept(material?.child('code'), conversion);
  const name = plain(material?.child('name')?.text ?? '');
  if (told === undefined) return name === undefined ? undefined : { text: name };
  return told.text === undefined && name !== undefined ? { ...told, text: name } : told;
}

/** A supply beside a drug: an order of it, or what was dispensed. */
function supplyOf(entry: XmlElement, drug: Resource, conversion: Conversion): Resource[] {
  const made = isPlanned(entry) ? supplyOrder(entry, conversion) : dispense(entry, conversion);
  const own = drugOf(entry.at('product', 'manufacturedProduct'), conversion);
  fill(made, 'medicationCodeableConcept', own ?? drug.medicationCodeableConcept);
  if (made.resourceType === 'MedicationDispense' && drug.resourceType === 'MedicationRequest') {
    add(made, 'authorizingPrescription', referenceTo(drug));
  }
  for (const note of related(entry, '2.16.840.1.113883.10.20.22.4.20')) {
    const text = note.child('text');
    const said = text && words(text, conversion);
    if (said !== undefined) add(made, 'note', { text: said });
  }
  return [made];
}

/** Medication Supply Order (2.16.840.1.113883.10.20.22.4.17). */
function supplyOrder(entry: XmlElement, conversion: Conversion): Resource {
  const made = begin('MedicationRequest', entry, conversion);
  fill(made, 'status', mappedStatus(entry, requestStatuses, 'unknown', conversion));
  fill(made, 'intent', 'order');
  const { author, time } = authorship(entry, conversion);
  fill(made, 'authoredOn', time);
  fill(made, 'requester', author);
  const { point, period } = timeSpan(entry.child('effectiveTime'), conversion);
  const fills = number(entry.child('repeatNumber'), conversion);
  const validity = period ?? (point && { start: point });
  const dispenseRequest = {
    ...(validity && { validityPeriod: validity }),
    // CDA counts every fill, FHIR those after the first.
    ...(typeof fills === 'number' && fills > 0 && { numberOfRepeatsAllowed: fills - 1 }),
    ...quantityOf(entry, conversion),
  };
  if (Object.keys(dispenseRequest).length > 0) fill(made, 'dispenseRequest', dispenseRequest);
  return made;
}

const dispenseStatuses: Readonly<Record<string, string>> = {
  completed: 'completed',
  active: 'in-progress',
  aborted: 'stopped',
  cancelled: 'cancelled',
  nullified: 'entered-in-error',
};

/** Medication Dispense (2.16.840.1.113883.10.20.22.4.18). */
function dispense(entry: XmlElement, conversion: Conversion): Resource {
  const made = begin('MedicationDispense', entry, conversion);
  fill(made, 'status', mappedStatus(entry, dispenseStatuses, 'unknown', conversion));
  const { point, period } = timeSpan(entry.child('effectiveTime'), conversion);
  fill(made, 'whenHandedOver', point ?? period?.start);
  const turn = entry.child('repeatNumber')?.attribute('value');
  if (turn !== undefined) add(made, 'note', { text: `Fill ${turn}` });
  const { quantity: amount } = quantityOf(entry, conversion);
  fill(made, 'quantity', amount);
  const performer = entry.at('performer', 'assignedEntity');
  const who = party(performer, conversion);
  fill(made, 'performer', who && [{ actor: who }]);
  const pharmacy = performer?.child('representedOrganization');
  if (pharmacy !== undefined) organizationOf(pharmacy, conversion);
  return made;
}

function quantityOf(entry: XmlElement, conversion: Conversion): { quantity?: Element } {
  const found = quantity(entry.child('quantity'), conversion);
  return found === undefined ? {} : { quantity: found };
}

/** A supply that stands alone: a drug, unless it is a device. */
export const supplyEntry: EntryRule = (entry, _section, conversion) => {
  const made = isPlanned(entry) ? supplyOrder(entry, conversion) : dispense(entry, conversion);
  const drug = drugOf(entry.at('product', 'manufacturedProduct'), conversion);
  const said = drug ?? { text: entryText(entry, conversion) ?? 'unknown' };
  fill(made, 'medicationCodeableConcept', said);
  return [made];
};
