import { tag, type XmlWritten } from '../../../../formats/xml/writer.ts';
import { typeOf, type Writing } from '../../outward/chart.ts';
import type { Reading } from '../../outward/reading.ts';
import { observationStatuses, reportStatuses } from '../entries/observations.ts';
import {
  concept,
  effective,
  effectiveSpan,
  ids,
  ownId,
  quantity,
  systems,
  timeAt,
} from './dataTypes.ts';
import { systemOid } from './oids.ts';
import { comments, isInError, related, said, settle, statusCode, template } from './entry.ts';
import type { Entry } from './entry.ts';
import { performer } from './parties.ts';
import { valueOf, words } from './values.ts';

/** Statuses of FHIR that CDA has only a neighbour of. */
const near = { amended: 'completed', corrected: 'completed', appended: 'completed' };

/** Observations that stand in one organizer: a report with its results, or a panel of one time. */
export interface Group {
  /** The report; absent for observations of none. */
  report?: Reading;
  members: readonly Reading[];
}

const templates = {
  result: template(2, '2015-08-01'),
  vital: template(27, '2014-06-09'),
  social: template(38, '2015-08-01'),
  smoking: template(78, '2014-06-09'),
  assessment: template(69),
  /** Assessment Scale Supporting Observation: a part of an answer. */
  supporting: template(86),
} as const;

type Kind = keyof typeof templates;

/** Result Organizer: of a report, or of an observation that is of none. */
export function results({ report, members }: Group, writing: Writing): Entry | undefined {
  const [first] = members;
  const from = report ?? first;
  if (from === undefined || (report !== undefined && isInError(report, writing))) return undefined;
  const rows = members.filter((each) => !isInError(each, writing));
  if (rows.length === 0) return undefined;
  return {
    markup: tag(
      'organizer',
      { classCode: 'BATTERY', moodCode: 'EVN' },
      template(1, '2015-08-01'),
      report === undefined ? ownId(from, 'organizer', writing) : ids(report, writing),
      concept('code', from.child('code'), writing) ?? tag('code', { nullFlavor: 'UNK' }),
      report === undefined
        ? tag('statusCode', { code: 'completed' })
        : statusCode(report, reportStatuses, writing, near),
      report && reportDetails(report, writing),
      rows.flatMap((each) => components(each, 'result', writing)),
    ),
    row: rowsOf(rows),
  };
}

function reportDetails(report: Reading, writing: Writing): XmlWritten {
  settle(report, 'subject', 'encounter', 'result');
  // With both ends (CONF:1198-32488, 1198-32489).
  return [effectiveSpan(report, 'effective', writing), issued(report, writing)];
}

/** When a result was issued, and by whom: its author. */
function issued(from: Reading, writing: Writing): XmlWritten {
  const when = timeAt(from, 'issued', writing);
  if (when === undefined) return undefined;
  const unknown = tag('assignedAuthor', {}, tag('id', { nullFlavor: 'UNK' }));
  return tag('author', {}, template(119), tag('time', { value: when }), unknown);
}

/** Vital Signs Organizer: what was measured at one time. */
export function vitalSigns({ members }: Group, writing: Writing): Entry | undefined {
  const rows = members.filter((each) => !isInError(each, writing));
  const [first] = rows;
  if (first === undefined) return undefined;
  return {
    markup: tag(
      'organizer',
      { classCode: 'CLUSTER', moodCode: 'EVN' },
      template(26, '2015-08-01'),
      ownId(first, 'organizer', writing),
      tag(
        'code',
        { code: '46680005', codeSystem: systems.snomed, displayName: 'Vital signs' },
        tag('translation', { code: '74728-7', codeSystem: systems.loinc }),
      ),
      tag('statusCode', { code: 'completed' }),
      effective(first, 'effective', writing) ?? tag('effectiveTime', { nullFlavor: 'UNK' }),
      rows.flatMap((each) => components(each, 'vital', writing)),
    ),
    row: rowsOf(rows),
  };
}

/** LOINC's code that Smoking Status has; others of smoking are any social history. */
const smoking = '72166-2';

/** Social History Observation, or Smoking Status where it is that. */
export function socialHistory(from: Reading, writing: Writing): Entry | undefined {
  if (isInError(from, writing)) return undefined;
  const code = from.child('code')?.child('coding')?.peek('code') ?? '';
  // Its value has a code and is never null, and its time is a moment (CONF:1098-14817, 1098-32894).
  const isSmoking =
    code === smoking &&
    from.child('effectivePeriod') === undefined &&
    writtenSystems(from.child('valueCodeableConcept')).length > 0;
  const kind = isSmoking ? 'smoking' : 'social';
  return { markup: observationElement(from, from, kind, writing), row: rowsOf([from]) };
}

/** Assessment Scale Observation: what a survey found. */
export function survey(from: Reading, writing: Writing): Entry | undefined {
  if (isInError(from, writing)) return undefined;
  return { markup: observationElement(from, from, 'assessment', writing), row: rowsOf([from]) };
}

/** An observation, and each of its components as one of its own: CDA has none inside. */
function components(from: Reading, kind: Kind, writing: Writing): XmlWritten[] {
  const parts = from.all('component');
  const own = from.choice('value') === undefined && parts.length > 0 ? [] : [from];
  settle(from, 'hasMember');
  return [...own, ...parts].map((each, index) =>
    tag('component', {}, observationElement(each, from, kind, writing, index)),
  );
}

/** An observation, or a component of one: then status, time and who are those of the whole. */
function observationElement(
  from: Reading,
  whole: Reading,
  kind: Kind,
  writing: Writing,
  turn = 0,
): XmlWritten {
  settle(whole, 'subject', 'encounter');
  return tag(
    'observation',
    { classCode: 'OBS', moodCode: 'EVN' },
    templateOf(kind, from),
    from === whole ? ids(from, writing) : ownId(whole, `component|${turn}`, writing),
    codeOf(kind, from, writing),
    statusCode(whole, observationStatuses, writing, near),
    effective(whole, 'effective', writing) ?? tag('effectiveTime', { nullFlavor: 'UNK' }),
    valueOf(from, writing) ?? absence(from, kind) ?? noValue(kind),
    from.all('interpretation').map((each) => concept('interpretationCode', each, writing)),
    concept('methodCode', from.child('method'), writing),
    concept('targetSiteCode', from.child('bodySite'), writing),
    from === whole ? specimen(from, writing) : undefined,
    whole.all('performer').map((each) => performer(each, writing)),
    issued(whole, writing),
    from === whole ? comments(from, writing) : undefined,
    inside.has(kind) ? supporting(from, writing) : undefined,
    from.all('referenceRange').map((each) => range(each, writing)),
  );
}

/** A part of an answer is of its template only where it has a code (CONF:81-19179). */
function templateOf(kind: Kind, from: Reading): XmlWritten {
  const isNone = kind === 'supporting' && writtenSystems(from.child('code')).length === 0;
  return isNone ? undefined : templates[kind];
}

/** Social history that LOINC has no code of has a translation, be it of nothing (CONF:1198-32951). */
function codeOf(kind: Kind, from: Reading, writing: Writing): XmlWritten {
  const [first, ...others] = writtenSystems(from.child('code'));
  const isOwn = kind === 'social' && first !== systems.loinc && others.length === 0;
  const inside = isOwn ? tag('translation', { nullFlavor: 'UNK' }) : undefined;
  return (
    concept('code', from.child('code'), writing, { inside }) ??
    tag('code', { nullFlavor: 'UNK' }, inside)
  );
}

/** Systems of the codes of a concept that CDA has a name for. */
function writtenSystems(from: Reading | undefined): string[] {
  const codings = from?.all('coding') ?? [];
  return codings.flatMap((each) =>
    each.peek('code') === undefined ? [] : (systemOid(each.peek('system') ?? '') ?? []),
  );
}

/** Observations that stand alone: their components stand inside them. */
const inside: ReadonlySet<Kind> = new Set(['social', 'smoking', 'assessment']);

function supporting(from: Reading, writing: Writing): XmlWritten {
  return from
    .all('component')
    .map((each, index) =>
      related('COMP', observationElement(each, from, 'supporting', writing, index)),
    );
}

/** Why there is no value, by the null flavours that the reading side knows. */
const flavours: Readonly<Record<string, string>> = {
  unknown: 'UNK',
  'asked-unknown': 'ASKU',
  'temp-unknown': 'NAV',
  'not-asked': 'NASK',
  masked: 'MSK',
  'not-applicable': 'NA',
  'as-text': 'UNC',
};

function absence(from: Reading, kind: Kind): XmlWritten {
  const reason = from.child('dataAbsentReason');
  const nullFlavor = flavours[reason?.child('coding')?.peek('code') ?? ''];
  if (nullFlavor === undefined) return undefined;
  reason?.takeWhole();
  return nullValue(kind, nullFlavor);
}

/** What is measured has a unit even where it says nothing (CONF:1098-31579): that of a bare number. */
function nullValue(kind: Kind, nullFlavor: string): XmlWritten {
  const type = kind === 'vital' ? { 'xsi:type': 'PQ', unit: '1' } : { 'xsi:type': 'CD' };
  return tag('value', { ...type, nullFlavor });
}

/** A template that asks for a value has one that says nothing, of the type that it asks for. */
function noValue(kind: Kind): XmlWritten {
  return kind === 'social' ? undefined : nullValue(kind, 'NI');
}

function specimen(from: Reading, writing: Writing): XmlWritten {
  const found = writing.follow(from.child('specimen'));
  if (found === undefined || typeOf(found) !== 'Specimen') return undefined;
  settle(found, 'subject');
  const type = concept('code', found.child('type'), writing);
  const entity = type && tag('specimenPlayingEntity', {}, type);
  return tag('specimen', {}, tag('specimenRole', {}, ids(found, writing), entity));
}

function range(from: Reading, writing: Writing): XmlWritten {
  const [low, high] = [quantity('low', from.child('low')), quantity('high', from.child('high'))];
  const text = from.text('text');
  const value = (low ?? high) ? tag('value', { 'xsi:type': 'IVL_PQ' }, low, high) : undefined;
  const type = concept('interpretationCode', from.child('type'), writing);
  if (text === undefined && value === undefined) return undefined;
  const told = text === undefined ? undefined : tag('text', {}, text);
  // A range of words alone has a value all the same (CONF:1198-32175).
  const either = value ?? tag('value', { nullFlavor: 'NI' });
  return tag('referenceRange', {}, tag('observationRange', {}, told, either, type));
}

function rowsOf(rows: readonly Reading[]): Entry['row'] {
  const told = rows.map((each) => [
    said(each.child('code')),
    [
      words(each),
      ...each.all('component').map((part) => `${said(part.child('code'))}: ${words(part)}`),
    ]
      .filter(Boolean)
      .join(', '),
  ]);
  return [
    told.map(([what, value]) => `${what ?? ''}: ${value ?? ''}`).join('; '),
    rows[0]?.peek('effectiveDateTime') ?? rows[0]?.child('effectivePeriod')?.peek('start'),
    rows[0]?.peek('status'),
  ];
}
