import { tag, type XmlWritten } from '../../../../formats/xml/writer.ts';
import type { Writing } from '../../outward/chart.ts';
import type { Reading } from '../../outward/reading.ts';
import { problemStatuses } from '../entries/problems.ts';
import {
  concept,
  fixed,
  ids,
  interval,
  ownId,
  spanOf,
  systems,
  timeAt,
  type Span,
} from './dataTypes.ts';
import {
  act,
  comments,
  isInError,
  observation,
  related,
  said,
  settle,
  template,
  unknownStart,
} from './entry.ts';
import type { Entry } from './entry.ts';
import { inverse } from './oids.ts';
import { author } from './parties.ts';

/** Problem Concern Act with one Problem Observation: a condition of the problem list. */
export function problem(from: Reading, writing: Writing): Entry | undefined {
  if (isInError(from, writing)) return undefined;
  const state = clinicalCode(from);
  takeCategory(from, 'problem-list-item');
  const markup = act(
    template(3, '2015-08-01'),
    ownId(from, 'concern', writing),
    fixed('code', 'CONC', systems.actClass, 'Concern'),
    concernState(state),
    concernTime(state),
    related('SUBJ', problemObservation(from, state, writing)),
  );
  return { markup, row: rowOf(from, state) };
}

/** A concern lasts as long as what it is about: R4's own words for that. */
export function concernState(state: string | undefined): XmlWritten {
  return tag('statusCode', { code: isOver(state) ? 'completed' : 'active' });
}

/** When the concern itself began and ended nobody says; one that is over has an end. */
export function concernTime(state: string | undefined): XmlWritten {
  const unknown = { nullFlavor: 'UNK' };
  const end = isOver(state) ? tag('high', unknown) : undefined;
  return tag('effectiveTime', {}, tag('low', unknown), end);
}

function isOver(state: string | undefined): boolean {
  return state === 'inactive' || state === 'resolved' || state === 'remission';
}

function clinicalCode(from: Reading): string | undefined {
  const status = from.child('clinicalStatus');
  const own = status?.child('coding')?.peek('code');
  if (inverse(problemStatuses).has(own ?? '')) status?.takeWhole();
  return own;
}

/** The category that the place of an entry says. */
export function takeCategory(from: Reading, own: string): void {
  for (const each of from.all('category')) {
    const codings = each.all('coding');
    if (codings.length === 1 && codings[0]?.peek('code') === own) each.takeWhole();
  }
}

function rowOf(from: Reading, state: string | undefined): Entry['row'] {
  const { value } = from;
  const onset = value['onsetDateTime'] ?? from.child('onsetPeriod')?.peek('start');
  return [said(from.child('code')), typeof onset === 'string' ? onset : undefined, state];
}

/** Problem Observation; a condition that was ruled out is negated. */
export function problemObservation(
  from: Reading,
  state: string | undefined,
  writing: Writing,
): XmlWritten {
  settle(from, 'subject', 'encounter');
  const span = course(from, writing);
  const isRefuted = refuted(from);
  return tag(
    'observation',
    { classCode: 'OBS', moodCode: 'EVN', negationInd: isRefuted ? 'true' : undefined },
    template(4, '2015-08-01'),
    ids(from, writing),
    tag(
      'code',
      { code: '55607006', codeSystem: systems.snomed, displayName: 'Problem' },
      fixed('translation', '75326-9', systems.loinc, 'Problem'),
    ),
    tag('statusCode', { code: 'completed' }),
    interval('effectiveTime', span) ?? unknownStart(),
    concept('value', from.child('code'), writing, { type: 'CD' }) ??
      tag('value', { 'xsi:type': 'CD', nullFlavor: 'UNK' }),
    concept('targetSiteCode', from.child('bodySite'), writing),
    author(from, { time: 'recordedDate', who: 'recorder' }, writing),
    statusEntry(state, 6),
    severity(from, writing),
    comments(from, writing),
  );
}

function course(from: Reading, writing: Writing): Span {
  const onset = spanOf(from.child('onsetPeriod'), writing);
  const end = spanOf(from.child('abatementPeriod'), writing);
  return {
    start: timeAt(from, 'onsetDateTime', writing) ?? onset.start,
    end: timeAt(from, 'abatementDateTime', writing) ?? end.end,
  };
}

/** `refuted` is what negation says; nothing else of how sure it is has a place. */
export function refuted(from: Reading): boolean {
  const status = from.child('verificationStatus');
  const isRefuted = status?.child('coding')?.peek('code') === 'refuted';
  if (isRefuted) status?.takeWhole();
  return isRefuted;
}

const statusCodes = {
  6: { extension: '2019-06-20', code: '33999-4', type: 'CD' },
  28: { extension: '2019-06-20', code: '33999-4', type: 'CE' },
} as const;

/** Problem Status or Allergy Status Observation (CONF:1198-7365 and 1198-7322: CD and CE). */
export function statusEntry(state: string | undefined, kind: 6 | 28): XmlWritten {
  const code = inverse(problemStatuses).get(state ?? '');
  if (code === undefined) return undefined;
  const { extension, code: loinc, type } = statusCodes[kind];
  return related(
    'REFR',
    observation(
      template(kind, extension),
      fixed('code', loinc, systems.loinc, 'Status'),
      tag('statusCode', { code: 'completed' }),
      tag('value', { 'xsi:type': type, code, codeSystem: systems.snomed, displayName: state }),
    ),
  );
}

function severity(from: Reading, writing: Writing): XmlWritten {
  const value = concept('value', from.child('severity'), writing, { type: 'CD' });
  return value && related('SUBJ', severityObservation(value), true);
}

export function severityObservation(value: XmlWritten): XmlWritten {
  return observation(
    template(8, '2014-06-09'),
    fixed('code', 'SEV', systems.actCode, 'Severity'),
    tag('statusCode', { code: 'completed' }),
    value,
  );
}
