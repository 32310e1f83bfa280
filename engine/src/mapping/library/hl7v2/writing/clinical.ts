import type { WrittenValue } from '../../../../formats/hl7v2/writer.ts';
import { nameOf, referenceName, type Writing } from '../../outward/chart.ts';
import type { Reading } from '../../outward/reading.ts';

import { concept, conceptBy, dateTime, entityIdentifier } from './dataTypes.ts';
import { codesFrom } from './names.ts';
import { location, practitioner } from './parties.ts';
import { all, one, SegmentDraft, text } from './rules.ts';
import type { Where } from './rules.ts';

const recorded = 'http://hl7.org/fhir/StructureDefinition/condition-assertedDate';

const diagnosis = [
  one(3, 'code', concept),
  text(5, 'onsetDateTime', dateTime),
  one(16, 'asserter', practitioner),
  text(19, 'recordedDate', dateTime),
  one(20, 'identifier', entityIdentifier),
];

const part = [one(6, 'use', conceptBy('diagnosisType', '0052')), text(15, 'rank')];

/** DG1 for every condition that a visit has as a diagnosis, or that is of it. */
export function diagnosisSegments(
  conditions: readonly Reading[],
  visit: Reading | undefined,
  writing: Writing,
): SegmentDraft[] {
  const entries = new Map(
    (visit?.all('diagnosis') ?? []).map((each) => [
      referenceName(each.child('condition')?.peek('reference')),
      each,
    ]),
  );
  return conditions.map((condition, index) => {
    const draft = new SegmentDraft('DG1').add(1, String(index + 1));
    draft.apply(diagnosis, condition, writing);
    settle(condition, ['subject', 'encounter']);
    const entry = entries.get(nameOf(condition));
    if (entry !== undefined) {
      draft.apply(part, entry, writing);
      entry.child('condition')?.takeWhole();
    }
    // A diagnosis type is required; `W` (working) is the one that claims least.
    if (!draft.has(6)) draft.add(6, 'W');
    if (isInError(condition)) draft.add(21, 'D');
    if (draft.has(19)) sameTime(condition);
    return draft;
  });
}

/** The date of assertion that DG1-19 has too. */
function sameTime(condition: Reading): void {
  for (const each of condition.all('extension')) {
    const isSame = each.peek('valueDateTime') === condition.peek('recordedDate');
    if (each.peek('url') === recorded && isSame) each.takeWhole();
  }
}

/** References that the place of a segment says. */
export function settle(from: Reading, names: readonly string[]): void {
  for (const name of names) for (const each of from.all(name)) each.takeWhole();
}

function isInError(from: Reading): boolean {
  const status = from.child('verificationStatus');
  const found = status?.all('coding').some((each) => each.peek('code') === 'entered-in-error');
  if (found === true) status?.takeWhole();
  return found === true;
}

const hasFunction =
  (own: string): Where =>
  (each) =>
    (each.child('function')?.all('coding') ?? []).some((coding) => coding.peek('code') === own);

const performer =
  (isTold: boolean) =>
  (from: Reading, writing: Writing): WrittenValue | undefined => {
    const actor = from.child('actor');
    const written = actor && practitioner(actor, writing);
    if (written !== undefined && isTold) from.child('function')?.takeWhole();
    return written;
  };

const anaesthetist = hasFunction('88189002');
const surgeon = hasFunction('304292004');

const procedure = [
  one(3, 'code', concept),
  text(5, 'performedDateTime', dateTime),
  text(5, 'performedPeriod.start', dateTime),
  one(6, 'category', concept),
  all(8, 'performer', performer(true), anaesthetist),
  all(11, 'performer', performer(true), surgeon),
  all(12, 'performer', performer(false), (each) => !anaesthetist(each) && !surgeon(each)),
  one(15, 'reasonCode', concept),
  one(19, 'identifier', entityIdentifier),
  one(23, 'location', location),
];

/** PR1 for every procedure. */
export function procedureSegments(
  procedures: readonly Reading[],
  writing: Writing,
): SegmentDraft[] {
  return procedures.map((each, index) => {
    const draft = new SegmentDraft('PR1').add(1, String(index + 1)).apply(procedure, each, writing);
    settle(each, ['subject', 'encounter']);
    if (each.peek('status') === 'entered-in-error') draft.add(20, 'D');
    if (['unknown', 'entered-in-error'].includes(each.peek('status') ?? '')) each.take('status');
    return draft;
  });
}

const adverseReaction = [
  one(3, 'code', concept),
  one(7, 'identifier', entityIdentifier),
  text(11, 'onsetDateTime', dateTime),
  text(12, 'onsetString'),
  text(13, 'recordedDate', dateTime),
];

/** Category and type of FHIR by the code of HL7 table 0127 that says both. */
const categories: Readonly<Record<string, string>> = {
  medication: 'DA',
  food: 'FA',
  environment: 'EA',
  biologic: 'AA',
};

/** IAM for every allergy: what is known of it, how severe, and whether it still holds. */
export function allergySegments(allergies: readonly Reading[], writing: Writing): SegmentDraft[] {
  return allergies.map((each, index) => {
    const draft = new SegmentDraft('IAM').add(1, String(index + 1));
    draft.add(2, allergyKind(each)).apply(adverseReaction, each, writing);
    draft.add(4, severityOf(each, writing));
    for (const words of manifestations(each)) draft.add(5, words);
    settle(each, ['patient']);
    const isTakenBack = isInError(each);
    draft.add(6, isTakenBack ? 'D' : 'A');
    if (!isTakenBack) draft.add(17, clinicalState(each, writing));
    return draft;
  });
}

function allergyKind(from: Reading): WrittenValue | undefined {
  const [category] = from.peekAll('category');
  const own = category === undefined ? undefined : categories[category];
  if (own === undefined || from.peek('type') === 'intolerance') return own;
  if (from.peekAll('category').length === 1) from.take('category');
  from.take('type');
  return own;
}

/** The reading side has one place for both: where they differ, the graver one is written and told. */
function severityOf(from: Reading, writing: Writing): WrittenValue | undefined {
  const reaction = from.child('reaction');
  const [criticality, severity] = [from.peek('criticality'), reaction?.peek('severity')];
  const critical = codesFrom('criticality').get(criticality ?? '');
  const severe = codesFrom('reactionSeverity').get(severity ?? '');
  if (criticality !== undefined && critical !== undefined) from.take('criticality');
  if (critical === severe || severity === undefined) reaction?.take('severity');
  else if (critical === undefined) reaction?.take('severity');
  else writing.issue('severity-and-criticality-differ', 'AllergyIntolerance.reaction.severity');
  return critical ?? severe;
}

function manifestations(from: Reading): WrittenValue[] {
  return from
    .all('reaction')
    .slice(0, 1)
    .flatMap((each) => each.all('manifestation'))
    .map((each) => wordsOf(each))
    .filter((each) => each !== undefined);
}

/** A concept where only words have a place. */
export function wordsOf(from: Reading): string | undefined {
  const [coding] = from.all('coding');
  return from.text('text') ?? coding?.text('display') ?? coding?.text('code');
}

/** HL7 table 0438: inactive, else how sure it is; of one in force nothing more need be said. */
function clinicalState(from: Reading, writing: Writing): WrittenValue | undefined {
  const status = from.child('clinicalStatus');
  const own = status?.child('coding')?.peek('code');
  status?.takeWhole();
  if (own === 'inactive' || own === 'resolved') {
    if (own === 'resolved')
      writing.issue('status-approximated', 'AllergyIntolerance.clinicalStatus');
    return 'I';
  }
  const verification = from.child('verificationStatus');
  const sure = certainties[verification?.child('coding')?.peek('code') ?? ''];
  if (sure !== undefined) verification?.takeWhole();
  return sure;
}

const certainties: Readonly<Record<string, string>> = { confirmed: 'C', unconfirmed: 'U' };

const note = [one(5, 'authorReference', practitioner), text(6, 'time', dateTime)];

/** NTE for every note; a line of it is a repetition. */
export function noteSegments(from: Reading, name: string, writing: Writing): SegmentDraft[] {
  return from.all(name).map((each, index) => {
    const draft = new SegmentDraft('NTE').add(1, String(index + 1));
    for (const line of (each.text('text') ?? '').split('\n')) draft.add(3, line);
    return draft.apply(note, each, writing);
  });
}

/** NTE of words that have no place of their own. */
export function wordSegment(words: string): SegmentDraft {
  const draft = new SegmentDraft('NTE').add(1, '1');
  for (const line of words.split('\n')) draft.add(3, line);
  return draft;
}
