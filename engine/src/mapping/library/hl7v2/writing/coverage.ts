import type { WrittenValue } from '../../../../formats/hl7v2/writer.ts';
import { typeOf, type Writing } from '../../outward/chart.ts';
import type { Reading } from '../../outward/reading.ts';
import { settle } from './clinical.ts';
import {
  address,
  code,
  concept,
  conceptBy,
  date,
  humanName,
  identifier,
  isOfType,
  parts,
} from './dataTypes.ts';
import { organization } from './parties.ts';
import { all, one, SegmentDraft, text } from './rules.ts';

const cover = [
  text(12, 'period.start', date),
  text(13, 'period.end', date),
  one(15, 'type', concept),
  one(36, 'identifier', (from) => (isOfType(from, 'PLN') ? planNumber(from) : undefined)),
  all(49, 'identifier', identifier, (each) => !isOfType(each, 'PLN')),
];

function planNumber(from: Reading): WrittenValue | undefined {
  from.child('type')?.takeWhole();
  return from.text('value');
}

const insured = [
  all(16, 'name', humanName),
  one(17, 'relationship', conceptBy('relationship', '0063')),
  text(18, 'birthDate', date),
  all(19, 'address', address),
  text(43, 'gender', code('sex')),
];

const self = new Set(['self', 'ONESELF']);

/** IN1 for every cover of the patient. */
export function coverageSegments(covers: readonly Reading[], writing: Writing): SegmentDraft[] {
  return covers.map((each, index) => {
    const draft = new SegmentDraft('IN1').add(1, String(index + 1)).apply(cover, each, writing);
    if (each.peek('status') === 'active') each.take('status');
    settle(each, ['beneficiary']);
    for (const group of each.all('class')) classOf(group, draft);
    const payor = each.child('payor');
    draft.add(4, payor && organization(payor, writing));
    subscriberOf(each, draft, writing);
    return draft;
  });
}

/** IN1-2, 8 and 9: the plan and the group. */
function classOf(from: Reading, draft: SegmentDraft): void {
  const kind = from.child('type')?.child('coding')?.peek('code');
  if (kind === 'plan' && !draft.has(2)) {
    draft.add(2, parts({ 1: from.text('value'), 2: from.text('name') }));
  } else if (kind === 'group' && !draft.has(8)) {
    draft.add(8, from.text('value')).add(9, from.text('name'));
  } else return;
  from.child('type')?.takeWhole();
}

function subscriberOf(from: Reading, draft: SegmentDraft, writing: Writing): void {
  const reference = from.child('subscriber');
  const person = writing.follow(reference);
  const relation = from.child('relationship');
  const isSelf = self.has(relation?.child('coding')?.peek('code') ?? '');
  if (isSelf || (person !== undefined && typeOf(person) === 'Patient')) {
    relation?.takeWhole();
    draft.add(17, 'SEL');
    return;
  }
  draft.add(17, relation && conceptBy('relationship', '0063')(relation, writing));
  if (person === undefined || typeOf(person) !== 'RelatedPerson') return;
  settle(person, ['patient']);
  draft.apply(insured, person, writing);
}
