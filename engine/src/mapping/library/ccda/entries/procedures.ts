import type { XmlElement } from '../../../../formats/xml/element.ts';
import type { Element, Resource } from '../../resource.ts';
import { add, fill } from '../../resource.ts';
import type { Conversion } from '../conversion.ts';
import { actors, authorship, locationOf, performers } from '../parties.ts';
import { concept, entryText, inWords, timeSpan } from '../values.ts';
import {
  actOf,
  addNotes,
  begin,
  codeOf,
  indications,
  inVisit,
  isNegated,
  isPlanned,
  mappedStatus,
} from './entry.ts';
import type { EntryRule } from './entry.ts';
import { productInstance } from './devices.ts';
import { medicationActivity } from './medications.ts';

/** ActStatus of what was done. */
export const procedureStatuses: Readonly<Record<string, string>> = {
  completed: 'completed',
  active: 'in-progress',
  aborted: 'stopped',
  cancelled: 'not-done',
  suspended: 'on-hold',
  held: 'on-hold',
  new: 'preparation',
  nullified: 'entered-in-error',
};

/** Procedure Activity Procedure, Act and Observation: what was done, or was not. */
export const procedureActivity: EntryRule = (entry, section, conversion) => {
  if (isPlanned(entry)) return plannedService(entry, section, conversion);
  const made = begin('Procedure', entry, conversion);
  const status = mappedStatus(entry, procedureStatuses, 'unknown', conversion);
  fill(made, 'status', isNegated(entry) ? 'not-done' : status);
  fill(made, 'code', codeOf(entry, conversion));
  inVisit(made, conversion);
  const { point, period } = timeSpan(entry.child('effectiveTime'), conversion);
  if (period === undefined) fill(made, 'performedDateTime', point);
  else fill(made, 'performedPeriod', period);
  const { author } = authorship(entry, conversion);
  fill(made, 'recorder', author);
  fill(made, 'performer', actors(performers(entry, conversion)));
  const sites = entry.all('targetSiteCode').map((each) => concept(each, conversion));
  for (const site of sites) add(made, 'bodySite', site);
  const reasons = indications(entry, conversion);
  if (reasons.length > 0) fill(made, 'reasonCode', reasons);
  addParticipants(made, entry, conversion);
  const text = entryText(entry, conversion);
  if (text !== undefined && (made.code as Element).coding !== undefined)
    add(made, 'note', { text });
  addNotes(made, entry, conversion);
  const given = entry
    .all('entryRelationship')
    .map(actOf)
    .filter((each) => each?.name === 'substanceAdministration')
    .flatMap((each) => medicationActivity(each as XmlElement, { code: '29549-3' }, conversion));
  return [made, ...given];
};

/** Devices put in or used, and where it was done. */
function addParticipants(made: Resource, entry: XmlElement, conversion: Conversion): void {
  for (const participant of entry.all('participant')) {
    const role = participant.child('participantRole');
    const kind = participant.attribute('typeCode');
    if (role === undefined) continue;
    if (kind === 'DEV') {
      const device = productInstance(role, conversion);
      if (device !== undefined) add(made, 'focalDevice', { manipulated: device });
    } else if (kind === 'LOC') fill(made, 'location', locationOf(role, conversion));
  }
}

const requestStatuses: Readonly<Record<string, string>> = {
  active: 'active',
  completed: 'completed',
  aborted: 'revoked',
  cancelled: 'revoked',
  suspended: 'on-hold',
  held: 'on-hold',
  new: 'draft',
  nullified: 'entered-in-error',
};

const intents: Readonly<Record<string, string>> = {
  INT: 'plan',
  RQO: 'order',
  PRP: 'proposal',
  PRMS: 'plan',
  ARQ: 'plan',
  APT: 'plan',
  GOL: 'plan',
  DEF: 'option',
};

/** What is planned, ordered or asked for: acts, procedures, observations, visits, supplies. */
export const plannedService: EntryRule = (entry, _section, conversion) => {
  const made = begin('ServiceRequest', entry, conversion);
  fill(made, 'status', mappedStatus(entry, requestStatuses, 'unknown', conversion));
  fill(made, 'intent', intents[entry.attribute('moodCode') ?? ''] ?? 'plan');
  if (isNegated(entry)) fill(made, 'doNotPerform', true);
  fill(made, 'code', codeOf(entry, conversion));
  inVisit(made, conversion);
  const { point, period } = timeSpan(entry.child('effectiveTime'), conversion);
  if (period === undefined) fill(made, 'occurrenceDateTime', point);
  else fill(made, 'occurrencePeriod', period);
  const { author, time } = authorship(entry, conversion);
  fill(made, 'authoredOn', time);
  fill(made, 'requester', author);
  const who = performers(entry, conversion);
  if (who.length > 0) fill(made, 'performer', who);
  for (const site of entry.all('targetSiteCode')) add(made, 'bodySite', concept(site, conversion));
  const reasons = indications(entry, conversion);
  if (reasons.length > 0) fill(made, 'reasonCode', reasons);
  const priority = concept(entry.child('priorityCode'), conversion);
  const text = entryText(entry, conversion);
  if (text !== undefined && (made.code as Element).coding !== undefined)
    add(made, 'note', { text });
  const words = inWords(priority);
  if (words !== undefined) add(made, 'note', { text: `Priority: ${words}` });
  addNotes(made, entry, conversion);
  return [made];
};

/** Preoperative and Postprocedure Diagnosis stand in `problems.ts`; Instruction is words alone. */
export const instruction: EntryRule = (entry, _section, conversion) => {
  const made = begin('CarePlan', entry, conversion);
  fill(made, 'status', mappedStatus(entry, planStatuses, 'unknown', conversion));
  fill(made, 'intent', 'plan');
  fill(made, 'title', inWords(codeOf(entry, conversion)));
  fill(made, 'description', entryText(entry, conversion));
  const { author, time } = authorship(entry, conversion);
  fill(made, 'author', author);
  fill(made, 'created', time);
  return [made];
};

const planStatuses: Readonly<Record<string, string>> = {
  active: 'active',
  completed: 'completed',
  aborted: 'revoked',
  cancelled: 'revoked',
  suspended: 'on-hold',
  held: 'on-hold',
  new: 'draft',
  nullified: 'entered-in-error',
};
