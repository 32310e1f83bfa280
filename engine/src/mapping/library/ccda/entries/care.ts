import type { XmlElement } from '../../../../formats/xml/element.ts';
import type { Element, Resource } from '../../resource.ts';
import { add, fill } from '../../resource.ts';
import type { Conversion } from '../conversion.ts';
import { authorship, organizationOf, orNone, party, performers } from '../parties.ts';
import { concept, entryText, startOf, timeSpan, words } from '../values.ts';
import {
  actOf,
  addNotes,
  begin,
  codeOf,
  hasTemplate,
  isNegated,
  mappedStatus,
  settle,
  statusOf,
} from './entry.ts';
import type { EntryRule } from './entry.ts';
import { fillValue } from './observationValue.ts';

const goalStatuses: Readonly<Record<string, string>> = {
  active: 'active',
  completed: 'completed',
  aborted: 'cancelled',
  cancelled: 'cancelled',
  suspended: 'on-hold',
  new: 'proposed',
  nullified: 'entered-in-error',
};

/** Goal Observation (2.16.840.1.113883.10.20.22.4.121). */
export const goal: EntryRule = (entry, _section, conversion) => {
  if (isNegated(entry)) {
    conversion.issue('negation-kept-out', entry);
    return [];
  }
  const made = begin('Goal', entry, conversion);
  fill(made, 'lifecycleStatus', mappedStatus(entry, goalStatuses, 'active', conversion));
  const text = entryText(entry, conversion);
  const code = codeOf(entry, conversion);
  const value = entry.child('value');
  const answer: Element = {};
  if (value !== undefined) fillValue(answer, value, conversion);
  const told = answer.valueString as string | undefined;
  fill(made, 'description', { ...code, ...((text ?? told) ? { text: text ?? told } : {}) });
  const span = timeSpan(entry.child('effectiveTime'), conversion);
  fill(made, 'startDate', startOf(span)?.slice(0, 10));
  const detail = detailOf(answer);
  const due = (span.period?.end as string | undefined)?.slice(0, 10);
  if (detail !== undefined || due !== undefined) {
    const measure = detail === undefined ? {} : { measure: code, ...detail };
    fill(made, 'target', [{ ...measure, ...(due && { dueDate: due }) }]);
  }
  const { author } = authorship(entry, conversion);
  fill(made, 'expressedBy', author);
  addNotes(made, entry, conversion);
  return [made];
};

function detailOf(answer: Element): Element | undefined {
  const [first] = Object.entries(answer).filter(([name]) => name.startsWith('value'));
  if (first === undefined) return undefined;
  const [name, value] = first;
  const detail = name.replace(/^value/, 'detail');
  return allowed.has(detail) ? { [detail]: value } : { detailString: String(value) };
}

const allowed = new Set([
  'detailQuantity',
  'detailRange',
  'detailCodeableConcept',
  'detailString',
  'detailBoolean',
  'detailInteger',
  'detailRatio',
]);

const teamStatuses: Readonly<Record<string, string>> = {
  active: 'active',
  completed: 'inactive',
  suspended: 'suspended',
  aborted: 'inactive',
  new: 'proposed',
  nullified: 'entered-in-error',
};

const memberTemplates = ['2.16.840.1.113883.10.20.22.4.500.1'];

/** Care Team Organizer (2.16.840.1.113883.10.20.22.4.500). */
export const careTeam: EntryRule = (entry, _section, conversion) => {
  const made = begin('CareTeam', entry, conversion);
  fill(made, 'status', mappedStatus(entry, teamStatuses, 'active', conversion));
  entry.child('code')?.readWhole();
  const { point, period } = timeSpan(entry.child('effectiveTime'), conversion);
  fill(made, 'period', period ?? (point && { start: point }));
  for (const component of entry.all('component')) {
    const act = actOf(component);
    if (act === undefined || !memberTemplates.some((root) => hasTemplate(act, root))) continue;
    for (const member of memberOf(act, conversion)) add(made, 'participant', member);
  }
  const named = entryText(entry, conversion);
  fill(made, 'name', named);
  return [made];
};

function memberOf(act: XmlElement, conversion: Conversion): Element[] {
  settle(act);
  const { point, period } = timeSpan(act.child('effectiveTime'), conversion);
  const when = period ?? (point && { start: point });
  return act.all('performer').flatMap((performer) => {
    const role = concept(performer.child('sdtc:functionCode'), conversion);
    const member = party(performer.child('assignedEntity'), conversion);
    if (member === undefined) return [];
    return [{ ...(role && { role: [role] }), member, ...(when && { period: when }) }];
  });
}

/** Coverage Activity: each policy in it. */
export const coverageActivity: EntryRule = (entry, _section, conversion) => {
  settle(entry);
  return entry.all('entryRelationship').flatMap((wrapper) => {
    const act = actOf(wrapper);
    const order = wrapper.child('sequenceNumber')?.attribute('value');
    return act?.name === 'act' ? [policy(act, order, conversion)] : [];
  });
};

/** A Policy Activity that stands alone. */
export const policyActivity: EntryRule = (entry, _section, conversion) => [
  policy(entry, undefined, conversion),
];

/** Policy Activity (2.16.840.1.113883.10.20.22.4.61). */
function policy(act: XmlElement, order: string | undefined, conversion: Conversion): Resource {
  const made = begin('Coverage', act, conversion);
  delete made.subject;
  const covered = act
    .all('participant')
    .find((each) => each.attribute('typeCode') === 'COV')
    ?.child('participantRole');
  const holder = act
    .all('participant')
    .find((each) => each.attribute('typeCode') === 'HLD')
    ?.child('participantRole');
  const payer = act.all('performer').map((each) => each.child('assignedEntity'));
  fill(
    made,
    'status',
    statusOf(act) === 'active' || statusOf(act) === 'completed' ? 'active' : 'draft',
  );
  fill(made, 'type', concept(act.child('code'), conversion));
  const member = covered?.child('id');
  fill(made, 'subscriberId', (holder?.child('id') ?? member)?.attribute('extension'));
  member?.attribute('root');
  holder?.child('id')?.attribute('root');
  fill(made, 'beneficiary', conversion.subject);
  fill(made, 'relationship', concept(covered?.child('code'), conversion));
  const { point, period } = timeSpan(
    covered?.parent?.child('time') ?? act.child('effectiveTime'),
    conversion,
  );
  fill(made, 'period', period ?? (point && { start: point }));
  const payers = payer
    .map((each) => each?.child('representedOrganization'))
    .map((each) => each && organizationOf(each, conversion))
    .filter((each) => each !== undefined);
  fill(made, 'payor', orNone(payers) ?? [{ display: 'unknown' }]);
  if (order !== undefined && /^[1-9]\d*$/.test(order)) fill(made, 'order', Number(order));
  return made;
}

/** Advance Directive Observation (2.16.840.1.113883.10.20.22.4.48). */
export const advanceDirective: EntryRule = (entry, _section, conversion) => {
  if (isNegated(entry)) {
    conversion.issue('negation-kept-out', entry);
    return [];
  }
  const made = begin('Consent', entry, conversion);
  const scope = { system: 'http://terminology.hl7.org/CodeSystem/consentscope', code: 'adr' };
  fill(made, 'status', mappedStatus(entry, consentStatuses, 'active', conversion));
  fill(made, 'scope', { coding: [scope] });
  fill(made, 'category', [codeOf(entry, conversion)]);
  const { point, period } = timeSpan(entry.child('effectiveTime'), conversion);
  const { author, time } = authorship(entry, conversion);
  fill(made, 'dateTime', time ?? point ?? period?.start);
  const answer = concept(entry.child('value'), conversion);
  const applies = period ?? (point && { start: point });
  fill(made, 'provision', {
    ...(applies && { period: applies }),
    ...(answer && { code: [answer] }),
  });
  const who = performers(entry, conversion);
  fill(made, 'performer', orNone(who.length > 0 || author === undefined ? who : [author]));
  // What binds is the document itself: the entry only says that there is one.
  fill(made, 'policyRule', { text: 'Advance directive, see the document itself' });
  return [made];
};

const consentStatuses: Readonly<Record<string, string>> = {
  active: 'active',
  completed: 'active',
  aborted: 'inactive',
  cancelled: 'rejected',
  suspended: 'inactive',
  nullified: 'entered-in-error',
  new: 'draft',
};

/** Advance Directive Organizer: the observations in it. */
export const advanceDirectives: EntryRule = (entry, section, conversion) => {
  settle(entry);
  return entry.all('component').flatMap((component) => {
    const act = actOf(component);
    return act?.name === 'observation' ? advanceDirective(act, section, conversion) : [];
  });
};

/** Note Activity (2.16.840.1.113883.10.20.22.4.202): a note, in its own bytes or its words. */
export const noteActivity: EntryRule = (entry, _section, conversion) => {
  const made = begin('DocumentReference', entry, conversion);
  fill(made, 'status', 'current');
  fill(made, 'docStatus', statusOf(entry) === 'completed' ? 'final' : 'preliminary');
  const types = entry.child('code');
  const [translation] = types?.all('translation') ?? [];
  fill(made, 'type', concept(translation ?? types, conversion));
  types?.attribute('code');
  types?.attribute('codeSystem');
  const { author, time } = authorship(entry, conversion);
  fill(made, 'author', author && [author]);
  fill(made, 'date', time?.includes('T') === true ? time : undefined);
  const { point, period } = timeSpan(entry.child('effectiveTime'), conversion);
  const when = period ?? (point && { start: point, end: point });
  const encounter = conversion.encounter && [conversion.encounter];
  if (when !== undefined || encounter !== undefined) {
    fill(made, 'context', { ...(encounter && { encounter }), ...(when && { period: when }) });
  }
  const text = entry.child('text');
  fill(made, 'content', [{ attachment: attachmentOf(text, conversion) }]);
  return [made];
};

/** Encapsulated data (ED) as an Attachment: base64 as it is, and words in base64. */
export function attachmentOf(data: XmlElement | undefined, conversion: Conversion): Element {
  const contentType = data?.attribute('mediaType') ?? 'text/plain';
  if (data?.attribute('representation') === 'B64') {
    return { contentType, data: data.text.replace(/\s+/g, '') };
  }
  const link = data?.child('reference')?.peek('value');
  if (link !== undefined && !link.startsWith('#')) {
    data?.child('reference')?.attribute('value');
    return { contentType, url: link };
  }
  const said = data === undefined ? undefined : words(data, conversion);
  if (said === undefined) return { contentType };
  return { contentType, data: Buffer.from(said).toString('base64') };
}

/** External Document Reference (2.16.840.1.113883.10.20.22.4.115), and a picture in a document. */
export const media: EntryRule = (entry, _section, conversion) => {
  const made = begin('DocumentReference', entry, conversion);
  fill(made, 'status', 'current');
  fill(made, 'content', [{ attachment: attachmentOf(entry.child('value'), conversion) }]);
  return [made];
};
