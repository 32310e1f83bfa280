import type { XmlElement } from '../../../../formats/xml/element.ts';
import type { Element } from '../../resource.ts';
import { add, fill } from '../../resource.ts';
import type { Conversion } from '../conversion.ts';
import { visitClass } from '../header.ts';
import { authorship, locationOf, performers } from '../parties.ts';
import { concept, timeSpan } from '../values.ts';
import { begin, conceptOr, indications, isPlanned, statusOf } from './entry.ts';
import type { EntryRule } from './entry.ts';
import { diagnosesOf } from './problems.ts';
import { plannedService } from './procedures.ts';

/** ActStatus of a visit. */
export const encounterStatuses: Readonly<Record<string, string>> = {
  completed: 'finished',
  active: 'in-progress',
  aborted: 'cancelled',
  cancelled: 'cancelled',
  suspended: 'onleave',
  new: 'planned',
  nullified: 'entered-in-error',
};

/** Encounter Activity (2.16.840.1.113883.10.20.22.4.49), and a visit that is planned. */
export const encounterActivity: EntryRule = (entry, section, conversion) => {
  if (isPlanned(entry)) return plannedService(entry, section, conversion);
  const made = begin('Encounter', entry, conversion);
  const { point, period } = timeSpan(entry.child('effectiveTime'), conversion);
  fill(made, 'status', encounterStatuses[statusOf(entry)] ?? 'unknown');
  fill(made, 'class', visitClass(entry.child('code')));
  fill(made, 'type', [conceptOr(entry.child('code'), entry, conversion)]);
  fill(made, 'period', period ?? (point && { start: point }));
  const { author } = authorship(entry, conversion);
  const people = [...performers(entry, conversion), ...(author === undefined ? [] : [author])];
  const individuals = people.filter(({ reference }) => reference.startsWith('Practitioner'));
  if (individuals.length > 0) {
    fill(
      made,
      'participant',
      individuals.map((individual) => ({ individual })),
    );
  }
  addPlaces(made, entry, conversion);
  const disposition = concept(entry.child('sdtc:dischargeDispositionCode'), conversion);
  fill(made, 'hospitalization', disposition && { dischargeDisposition: disposition });
  const reasons = indications(entry, conversion);
  if (reasons.length > 0) fill(made, 'reasonCode', reasons);
  const diagnoses = diagnosesOf(entry, { code: '46240-8' }, conversion);
  if (diagnoses.entries.length > 0) fill(made, 'diagnosis', diagnoses.entries);
  return [made, ...diagnoses.made];
};

function addPlaces(made: Element, entry: XmlElement, conversion: Conversion): void {
  for (const participant of entry.all('participant')) {
    if (participant.attribute('typeCode') !== 'LOC') continue;
    const role = participant.child('participantRole');
    const location = role && locationOf(role, conversion);
    if (location !== undefined) add(made, 'location', { location });
  }
}
