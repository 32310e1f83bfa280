import type { XmlElement } from '../../../../formats/xml/element.ts';
import type { Element } from '../../resource.ts';
import { add, fill } from '../../resource.ts';
import type { Conversion } from '../conversion.ts';
import { actors, authorship, organizationOf, performers } from '../parties.ts';
import { concept, entryText, plain, quantity, startOf, timeSpan } from '../values.ts';
import {
  addNotes,
  actOf,
  begin,
  indications,
  inVisit,
  isNegated,
  related,
  settle,
  statusOf,
} from './entry.ts';
import type { EntryRule } from './entry.ts';
import { drugOf } from './medications.ts';

/** Immunization Activity (2.16.840.1.113883.10.20.22.4.52): what was given, and what was refused. */
export const immunizationActivity: EntryRule = (entry, _section, conversion) => {
  const made = begin('Immunization', entry, conversion);
  fillStatus(made, entry, conversion);
  const product = entry.at('consumable', 'manufacturedProduct');
  const text = entryText(entry, conversion);
  fill(made, 'vaccineCode', drugOf(product, conversion) ?? { text: text ?? 'unknown' });
  inVisit(made, conversion);
  const when = startOf(timeSpan(entry.child('effectiveTime'), conversion));
  if (when === undefined) fill(made, 'occurrenceString', 'unknown');
  else fill(made, 'occurrenceDateTime', when);
  const material = product?.child('manufacturedMaterial');
  fill(made, 'lotNumber', plain(material?.child('lotNumberText')?.text ?? ''));
  const maker = product?.child('manufacturerOrganization');
  fill(made, 'manufacturer', maker && organizationOf(maker, conversion));
  fill(made, 'route', concept(entry.child('routeCode'), conversion));
  fill(made, 'site', concept(entry.child('approachSiteCode'), conversion));
  fill(made, 'doseQuantity', quantity(entry.child('doseQuantity'), conversion));
  fill(made, 'performer', actors(performers(entry, conversion)));
  const { time } = authorship(entry, conversion);
  fill(made, 'recorded', time);
  const reasons = indications(entry, conversion);
  if (reasons.length > 0) fill(made, 'reasonCode', reasons);
  for (const reaction of reactionsOf(entry, conversion)) add(made, 'reaction', reaction);
  const dose = entry.child('repeatNumber')?.attribute('value');
  if (dose !== undefined && /^[1-9]\d*$/.test(dose)) {
    fill(made, 'protocolApplied', [{ doseNumberPositiveInt: Number(dose) }]);
  }
  addNotes(made, entry, conversion);
  return [made];
};

function fillStatus(made: Element, entry: XmlElement, conversion: Conversion): void {
  const status = statusOf(entry);
  const refused = isNegated(entry) || ['aborted', 'cancelled'].includes(status);
  const wrong = status === 'nullified' ? 'entered-in-error' : 'completed';
  fill(made, 'status', refused ? 'not-done' : wrong);
  const [refusal] = related(entry, '2.16.840.1.113883.10.20.22.4.53');
  const why = concept(refusal?.child('code'), conversion);
  if (refusal !== undefined) statusOf(refusal);
  fill(made, 'statusReason', why);
}

function reactionsOf(entry: XmlElement, conversion: Conversion): Element[] {
  return related(entry, '2.16.840.1.113883.10.20.22.4.9').map((reaction) => {
    settle(reaction);
    const date = startOf(timeSpan(reaction.child('effectiveTime'), conversion));
    const told = begin('Observation', reaction, conversion);
    fill(told, 'status', 'final');
    fill(told, 'code', { coding: [{ system: 'http://loinc.org', code: '31044-1' }] });
    fill(told, 'effectiveDateTime', date);
    fill(told, 'valueCodeableConcept', concept(reaction.child('value'), conversion));
    return { ...(date && { date }), detail: { reference: `Observation/${told.id}` } };
  });
}

/** An act around an immunization, as C32 has it. */
export const immunizationAct: EntryRule = (entry, section, conversion) =>
  entry
    .all('entryRelationship')
    .map(actOf)
    .filter((each) => each?.name === 'substanceAdministration')
    .flatMap((each) => immunizationActivity(each as XmlElement, section, conversion));
