import { tag, type XmlWritten } from '../../../../formats/xml/writer.ts';
import type { Writing } from '../../outward/chart.ts';
import type { Reading } from '../../outward/reading.ts';
import { criticalities, noneKnownOf } from '../entries/allergies.ts';
import {
  concernState,
  concernTime,
  refuted,
  severityObservation,
  statusEntry,
} from './conditions.ts';
import {
  concept,
  fixed,
  ids,
  interval,
  ownId,
  spanOf,
  systems,
  timeAt,
  uuidOf,
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

/** Allergy Concern Act with one Allergy – Intolerance Observation. */
export function allergy(from: Reading, writing: Writing): Entry | undefined {
  if (isInError(from, writing)) return undefined;
  settle(from, 'patient', 'encounter');
  const status = from.child('clinicalStatus');
  const state = status?.child('coding')?.peek('code');
  status?.takeWhole();
  const markup = act(
    template(30, '2015-08-01'),
    ownId(from, 'concern', writing),
    fixed('code', 'CONC', systems.actClass, 'Concern'),
    concernState(state),
    concernTime(state),
    related('SUBJ', allergyObservation(from, state, writing)),
  );
  const reactions = from.all('reaction').flatMap((each) => each.all('manifestation').map(said));
  return { markup, row: [said(from.child('code')), reactions.filter(Boolean).join(', '), state] };
}

function allergyObservation(
  from: Reading,
  state: string | undefined,
  writing: Writing,
): XmlWritten {
  const none = noneKnown(from);
  const isNegated = none !== undefined || refuted(from);
  const onset = spanOf(from.child('onsetPeriod'), writing);
  const start = timeAt(from, 'onsetDateTime', writing) ?? onset.start;
  return tag(
    'observation',
    { classCode: 'OBS', moodCode: 'EVN', negationInd: isNegated ? 'true' : undefined },
    template(7, '2014-06-09'),
    ids(from, writing),
    fixed('code', 'ASSERTION', systems.actCode, 'Assertion'),
    tag('statusCode', { code: 'completed' }),
    interval('effectiveTime', { start, end: onset.end }) ?? unknownStart(),
    kindOf(from, none),
    author(from, { time: 'recordedDate', who: 'recorder' }, writing),
    substance(from, none, writing),
    statusEntry(state, 28),
    from.all('reaction').map((each, index) => reaction(from, each, index, writing)),
    criticality(from),
    comments(from, writing),
  );
}

/** That nothing is known, by the categories it is said for. */
const noneKnownCodes: Readonly<Record<string, string>> = {
  '716186003': '',
  ...Object.fromEntries(Object.entries(noneKnownOf).map(([kind, { code }]) => [code, kind])),
};

function noneKnown(from: Reading): string | undefined {
  const code = from.child('code');
  const kind = noneKnownCodes[code?.child('coding')?.peek('code') ?? ''];
  if (kind !== undefined) code?.takeWhole();
  return kind;
}

/** Allergy and Intolerance Type by category and type of FHIR. */
const kinds: Readonly<Record<string, readonly [code: string, words: string]>> = {
  'medication allergy': ['416098002', 'Allergy to drug'],
  'food allergy': ['414285001', 'Allergy to food'],
  'environment allergy': ['426232007', 'Environmental allergy'],
  'medication intolerance': ['59037007', 'Intolerance to drug'],
  'food intolerance': ['235719002', 'Intolerance to food'],
  'medication ': ['419511003', 'Propensity to adverse reactions to drug'],
  'food ': ['418471000', 'Propensity to adverse reactions to food'],
  ' allergy': ['419199007', 'Allergy to substance'],
};

const anyKind = ['420134006', 'Propensity to adverse reaction'] as const;

function kindOf(from: Reading, none: string | undefined): XmlWritten {
  const [category = none ?? ''] = from.peekAll('category');
  const own = from.peek('type') ?? '';
  const found = kinds[`${category} ${own}`];
  if (found !== undefined) {
    if (from.peekAll('category').length === 1) from.take('category');
    from.take('type');
  }
  const [code, displayName] = found ?? kinds[`${category} `] ?? anyKind;
  return tag('value', { 'xsi:type': 'CD', code, codeSystem: systems.snomed, displayName });
}

function substance(from: Reading, none: string | undefined, writing: Writing): XmlWritten {
  const code =
    none === undefined
      ? concept('code', from.child('code'), writing)
      : tag('code', { nullFlavor: 'NA' });
  return tag(
    'participant',
    { typeCode: 'CSM' },
    tag(
      'participantRole',
      { classCode: 'MANU' },
      tag('playingEntity', { classCode: 'MMAT' }, code ?? tag('code', { nullFlavor: 'UNK' })),
    ),
  );
}

/** Severities that the reading side knows, by the codes of the value set that asks for them. */
const severities: Readonly<Record<string, readonly [code: string, words: string]>> = {
  mild: ['255604002', 'Mild'],
  moderate: ['6736007', 'Moderate'],
  severe: ['24484000', 'Severe'],
};

/** Reaction Observation for every manifestation, each with the severity of the reaction. */
function reaction(from: Reading, own: Reading, index: number, writing: Writing): XmlWritten {
  const onset = timeAt(own, 'onset', writing);
  const severity = severities[own.text('severity') ?? ''];
  return own.all('manifestation').map((each, turn) => {
    const name = `${from.path}/${from.peek('id') ?? ''}|${index}|${turn}`;
    return related(
      'MFST',
      observation(
        template(9, '2014-06-09'),
        tag('id', { root: uuidOf(name, writing) }),
        fixed('code', 'ASSERTION', systems.actCode, 'Assertion'),
        tag('statusCode', { code: 'completed' }),
        onset === undefined ? undefined : tag('effectiveTime', { value: onset }),
        concept('value', each, writing, { type: 'CD' }),
        severity && related('SUBJ', severityObservation(severityValue(severity)), true),
      ),
      true,
    );
  });
}

function severityValue([code, displayName]: readonly [string, string]): XmlWritten {
  return tag('value', { 'xsi:type': 'CD', code, codeSystem: systems.snomed, displayName });
}

function criticality(from: Reading): XmlWritten {
  const code = inverse(criticalities).get(from.text('criticality') ?? '');
  if (code === undefined) return undefined;
  return related(
    'SUBJ',
    observation(
      template(145),
      fixed('code', '82606-5', systems.loinc, 'Criticality'),
      tag('statusCode', { code: 'completed' }),
      tag('value', { 'xsi:type': 'CD', code, codeSystem: systems.observationValue }),
    ),
    true,
  );
}
