import type { WrittenValue } from '../../../../formats/hl7v2/writer.ts';
import { typeOf, type Writing } from '../../outward/chart.ts';
import type { Reading } from '../../outward/reading.ts';
import { terminology } from '../vocabulary.ts';
import { noteSegments, settle, wordSegment } from './clinical.ts';
import {
  concept,
  conceptBy,
  dateTime,
  entityIdentifier,
  identifier,
  isOfType,
  parts,
  primitive,
  quantity,
} from './dataTypes.ts';
import { codesFrom } from './names.ts';
import { device, organization, practitioner } from './parties.ts';
import { all, one, SegmentDraft, text } from './rules.ts';
import type { Where } from './rules.ts';
import { valueOf } from './values.ts';

const isPlacer: Where = (each) => isOfType(each, 'PLAC');
const isFiller: Where = (each) => isOfType(each, 'FILL');
const isNumber: Where = (each) => !isPlacer(each) && !isFiller(each);

/** Numbers of whoever asked and of whoever answered; a report's own is the answerer's. */
const numbers = [
  one(2, 'identifier', entityIdentifier, isPlacer),
  one(3, 'identifier', entityIdentifier, isFiller),
];
const reportNumber = one(3, 'identifier', entityIdentifier, isNumber);

const order = [
  one(12, 'requester', practitioner),
  text(9, 'authoredOn', dateTime),
  all(33, 'identifier', identifier, isNumber),
];

const orderStatuses = { active: 'IP', revoked: 'CA', completed: 'CM' };

/** ORC of the order that a report is of, where that is known. */
function orderSegment(request: Reading, writing: Writing): SegmentDraft {
  const draft = new SegmentDraft('ORC').add(1, 'RE').apply(numbers, request, writing);
  const status = request.peek('status');
  const known = codesFrom('orderStatus', orderStatuses).get(status ?? '');
  if (known !== undefined || status === 'unknown') request.take('status');
  else writing.issue('status-approximated', 'ServiceRequest.status');
  settle(request, ['subject', 'encounter']);
  if (request.peek('intent') === 'order') request.take('intent');
  return draft.add(5, known).apply(order, request, writing);
}

const detail = [one(31, 'reasonCode', concept), text(6, 'occurrenceDateTime', dateTime)];

/** Preferred codes of HL7 table 0123 for a status of a report. */
const reportStatuses: Readonly<Record<string, string>> = { amended: 'C', appended: 'C' };

const report = [
  one(4, 'code', concept),
  text(7, 'effectiveDateTime', dateTime),
  text(7, 'effectivePeriod.start', dateTime),
  text(8, 'effectivePeriod.end', dateTime),
  text(22, 'issued', dateTime),
  one(24, 'category', section),
];

/** OBR-24: a service section; its code where it is of that table. */
function section(from: Reading, writing: Writing): WrittenValue | undefined {
  const own = from.all('coding').find((each) => each.peek('system') === `${terminology}v2-0074`);
  if (own === undefined) return undefined;
  return from.all('coding').length > 1 ? concept(from, writing) : takenCode(own);
}

function takenCode(coding: Reading): string | undefined {
  coding.takeWhole();
  return coding.peek('code');
}

/** A report as OBR, with the order that it is of. */
export function reportSegments(from: Reading, writing: Writing): SegmentDraft[] {
  const request = from
    .all('basedOn')
    .map((each) => writing.follow(each))
    .find(isRequest);
  const draft = new SegmentDraft('OBR').add(1, '1').apply(numbers, from, writing);
  draft.apply([reportNumber, ...report], from, writing).add(25, reportStatus(from, writing));
  settle(from, ['subject', 'encounter', 'result', 'specimen']);
  const before: SegmentDraft[] = [];
  if (request !== undefined) {
    before.push(orderSegment(request, writing));
    draft.apply(numbers, request, writing).apply(detail, request, writing);
    sameCode(from, request);
  }
  const conclusion = from.text('conclusion');
  return [...before, draft, ...(conclusion === undefined ? [] : [wordSegment(conclusion)])];
}

const isRequest = (each: Reading | undefined): boolean =>
  each !== undefined && typeOf(each) === 'ServiceRequest';

/** What was ordered is what is reported: said once. */
function sameCode(from: Reading, request: Reading): void {
  const [own, other] = [from.child('code'), request.child('code')];
  if (JSON.stringify(own?.value) === JSON.stringify(other?.value)) other?.takeWhole();
}

function reportStatus(from: Reading, writing: Writing): string | undefined {
  const own = from.text('status') ?? 'unknown';
  const known = codesFrom('reportStatus').get(own);
  if (known === undefined && own !== 'unknown') {
    writing.issue('status-approximated', 'DiagnosticReport.status');
  }
  return known ?? reportStatuses[own];
}

/** Codes of HL7 table 0123 by the status of the only result of an OBR. */
const resultStatuses: Readonly<Record<string, string>> = {
  registered: 'I',
  preliminary: 'P',
  final: 'F',
  amended: 'C',
  corrected: 'C',
  cancelled: 'X',
};

/** OBR of an observation that is of no report: it is reported as itself. */
export function soleSegment(observation: Reading, writing: Writing): SegmentDraft {
  const draft = new SegmentDraft('OBR').add(1, '1');
  const code = observation.child('code');
  draft.add(4, code && concept(code, writing));
  draft.add(7, effectiveOf(observation, writing));
  return draft.add(25, resultStatuses[observation.peek('status') ?? '']);
}

function effectiveOf(from: Reading, writing: Writing): WrittenValue | undefined {
  const own =
    primitive(from, 'effectiveDateTime', dateTime, writing) ??
    primitive(from, 'effectiveInstant', dateTime, writing);
  const period = from.child('effectivePeriod');
  return own ?? (period && primitive(period, 'start', dateTime, writing));
}

const observed = [
  one(3, 'code', concept),
  all(8, 'interpretation', conceptBy('interpretation', '0078')),
  all(16, 'performer', practitioner),
  one(23, 'performer', organization),
  one(17, 'method', concept),
  one(18, 'device', device),
  one(20, 'bodySite', concept),
  one(21, 'identifier', entityIdentifier),
];

const statuses = { 'entered-in-error': 'D', cancelled: 'X', registered: 'I' };

/** OBX for an observation, and for every component of it under its number; notes behind each. */
export function observationSegments(from: Reading, turn: number, writing: Writing): SegmentDraft[] {
  const status = statusOf(from, writing);
  const when = effectiveOf(from, writing);
  const draft = new SegmentDraft('OBX')
    .apply(observed, from, writing)
    .add(11, status)
    .add(14, when);
  addValue(draft, from, writing);
  settle(from, ['subject', 'encounter', 'specimen', 'hasMember', 'basedOn', 'partOf']);
  const drafts = [draft, ...noteSegments(from, 'note', writing)];
  for (const component of from.all('component')) {
    const own = new SegmentDraft('OBX').apply(observed.slice(0, 2), component, writing);
    addValue(own.add(11, status).add(14, when), component, writing);
    drafts.push(own.add(4, String(turn)));
  }
  return drafts;
}

function statusOf(from: Reading, writing: Writing): string | undefined {
  const own = from.text('status') ?? 'unknown';
  const reason = from.child('dataAbsentReason');
  const code = reason?.child('coding')?.peek('code');
  if (code === 'not-asked' || (code === 'not-performed' && own === 'cancelled')) {
    reason?.takeWhole();
    if (own === 'unknown' || own === 'cancelled') return code === 'not-asked' ? 'N' : 'X';
  }
  const known = codesFrom('observationStatus', statuses).get(own);
  if (own === 'registered') writing.issue('status-approximated', 'Observation.status');
  return known;
}

function addValue(draft: SegmentDraft, from: Reading, writing: Writing): void {
  const found = valueOf(from, writing);
  if (found !== undefined) {
    draft.add(2, found.type).add(6, found.units);
    for (const each of found.values) draft.add(5, each);
  }
  draft.add(7, rangeOf(from));
}

/** OBX-7: the words of the only range, or its ends in the units of the value. */
function rangeOf(from: Reading): WrittenValue | undefined {
  const [range, ...others] = from.all('referenceRange');
  if (range === undefined || others.length > 0) return undefined;
  const [low, high] = [range.child('low'), range.child('high')];
  const words = range.text('text');
  if (words !== undefined) return words;
  low?.takeWhole();
  high?.takeWhole();
  const [least, most] = [low?.peek('value'), high?.peek('value')];
  if (least !== undefined && most !== undefined) return `${least}-${most}`;
  return least === undefined ? most && `<=${most}` : `>=${least}`;
}

const collected = [
  one(4, 'type', conceptBy('specimenType', '0487')),
  one(7, 'collection.method', conceptBy('collectionMethod', '0488')),
  one(8, 'collection.bodySite', concept),
  one(12, 'collection.quantity', quantity),
  text(17, 'collection.collectedDateTime', dateTime),
  text(18, 'receivedTime', dateTime),
  text(20, 'status', (own) => codesFrom('availability').get(own)),
  all(24, 'condition', conceptBy('specimenCondition', '0493')),
  one(30, 'accessionIdentifier', identifier),
  all(31, 'identifier', identifier, (each) => !isHalf(each)),
];

const isHalf: Where = (each) => isOfType(each, 'PGN') || isOfType(each, 'FGN');

/** SPM: the specimen of a report. */
export function specimenSegment(from: Reading, turn: number, writing: Writing): SegmentDraft {
  settle(from, ['subject']);
  const draft = new SegmentDraft('SPM').add(1, String(turn));
  const halves = ['PGN', 'FGN'].map((type) => {
    const found = from.all('identifier').find((each) => isOfType(each, type));
    return found && (entityIdentifier(found, writing) as readonly string[]);
  });
  return draft.add(2, parts({ 1: halves[0], 2: halves[1] })).apply(collected, from, writing);
}
