import { tag, type XmlWritten } from '../../../../formats/xml/writer.ts';
import { referenceName, typeOf, type Writing } from '../../outward/chart.ts';
import type { Reading } from '../../outward/reading.ts';
import { encounterStatuses } from '../entries/encounters.ts';
import { procedureStatuses } from '../entries/procedures.ts';
import { problemObservation } from './conditions.ts';
import {
  codeAttributes,
  concept,
  effective,
  fixed,
  ids,
  interval,
  ownId,
  quantity,
  spanOf,
  systems,
  timeAt,
} from './dataTypes.ts';
import {
  act,
  comments,
  indications,
  isInError,
  observation,
  related,
  said,
  settle,
  statusCode,
  template,
} from './entry.ts';
import type { Entry } from './entry.ts';
import { product } from './medications.ts';
import { organizationElement, performer, place } from './parties.ts';

/** Immunization Activity: what was given, or that it was not. */
export function immunization(from: Reading, writing: Writing): Entry | undefined {
  if (isInError(from, writing)) return undefined;
  settle(from, 'patient', 'encounter');
  const isRefused = from.text('status') === 'not-done';
  const lot = from.text('lotNumber');
  const maker = writing.follow(from.child('manufacturer'));
  const when = timeAt(from, 'occurrenceDateTime', writing);
  const dose = from.child('protocolApplied')?.text('doseNumberPositiveInt');
  const markup = tag(
    'substanceAdministration',
    { classCode: 'SBADM', moodCode: 'EVN', negationInd: String(isRefused) },
    template(52, '2015-08-01'),
    ids(from, writing),
    tag('statusCode', { code: 'completed' }),
    tag('effectiveTime', when === undefined ? { nullFlavor: 'UNK' } : { value: when }),
    dose === undefined ? undefined : tag('repeatNumber', { value: dose }),
    concept('routeCode', from.child('route'), writing),
    concept('approachSiteCode', from.child('site'), writing),
    quantity('doseQuantity', from.child('doseQuantity')),
    tag(
      'consumable',
      {},
      product(
        template(54, '2014-06-09'),
        concept('code', from.child('vaccineCode'), writing),
        lot === undefined ? undefined : tag('lotNumberText', {}, lot),
        maker && typeOf(maker) === 'Organization'
          ? organizationElement('manufacturerOrganization', maker, writing)
          : undefined,
      ),
    ),
    from.all('performer').map((each) => {
      const actor = each.child('actor');
      return actor && performer(actor, writing);
    }),
    recorded(from, writing),
    refusal(from, isRefused, writing),
    indications(from, 'reasonCode', writing),
    comments(from, writing),
  );
  return {
    markup,
    row: [said(from.child('vaccineCode')), from.peek('occurrenceDateTime'), from.peek('status')],
  };
}

function recorded(from: Reading, writing: Writing): XmlWritten {
  const when = timeAt(from, 'recorded', writing);
  if (when === undefined) return undefined;
  const unknown = tag('assignedAuthor', {}, tag('id', { nullFlavor: 'UNK' }));
  return tag('author', {}, template(119), tag('time', { value: when }), unknown);
}

/** Immunization Refusal Reason. */
function refusal(from: Reading, isRefused: boolean, writing: Writing): XmlWritten {
  const code = isRefused ? concept('code', from.child('statusReason'), writing) : undefined;
  if (code === undefined) return undefined;
  const status = tag('statusCode', { code: 'completed' });
  const id = ownId(from, 'refusal', writing);
  const why = observation(template(53), id, code, status);
  return related('RSON', why);
}

/** Procedure Activity Procedure. */
export function procedure(from: Reading, writing: Writing): Entry | undefined {
  if (isInError(from, writing)) return undefined;
  settle(from, 'subject', 'encounter');
  const markup = tag(
    'procedure',
    { classCode: 'PROC', moodCode: 'EVN' },
    template(14, '2014-06-09'),
    ids(from, writing),
    concept('code', from.child('code'), writing) ?? tag('code', { nullFlavor: 'UNK' }),
    statusCode(from, procedureStatuses, writing),
    effective(from, 'performed', writing) ?? tag('effectiveTime', { nullFlavor: 'UNK' }),
    from.all('bodySite').map((each) => concept('targetSiteCode', each, writing)),
    from.all('performer').map((each) => {
      const actor = each.child('actor');
      return actor && performer(actor, writing);
    }),
    place(from.child('location'), writing),
    indications(from, 'reasonCode', writing),
    comments(from, writing),
  );
  const when = from.peek('performedDateTime') ?? from.child('performedPeriod')?.peek('start');
  return { markup, row: [said(from.child('code')), when, from.peek('status')] };
}

/** Encounter Activity with its diagnoses; what they are is told here and not among the problems. */
export function encounter(
  from: Reading,
  diagnoses: readonly Reading[],
  writing: Writing,
): Entry | undefined {
  if (isInError(from, writing)) return undefined;
  settle(from, 'subject');
  const disposition = from.child('hospitalization')?.child('dischargeDisposition');
  const markup = tag(
    'encounter',
    { classCode: 'ENC', moodCode: 'EVN' },
    template(49, '2015-08-01'),
    ids(from, writing),
    visitCode(from, writing),
    statusCode(from, encounterStatuses, writing, { arrived: 'active', triaged: 'active' }),
    interval('effectiveTime', spanOf(from.child('period'), writing)) ??
      tag('effectiveTime', { nullFlavor: 'UNK' }),
    concept('sdtc:dischargeDispositionCode', disposition, writing),
    from.all('participant').map((each) => {
      const who = each.child('individual');
      return who && performer(who, writing);
    }),
    from.all('location').map((each) => place(each.child('location'), writing)),
    indications(from, 'reasonCode', writing),
    diagnoses.map((each) => diagnosis(from, each, writing)),
  );
  return {
    markup,
    row: [
      said(from.child('type')) ?? from.child('class')?.peek('code'),
      from.child('period')?.peek('start'),
      from.peek('status'),
    ],
  };
}

/** The type of the visit, and its class beside it. */
function visitCode(from: Reading, writing: Writing): XmlWritten {
  const own = from.child('class');
  const attributes = own && codeAttributes(own, writing);
  const type = from.child('type');
  const inside = attributes && tag('translation', attributes);
  return (
    concept('code', type, writing, { inside }) ?? tag('code', attributes ?? { nullFlavor: 'UNK' })
  );
}

/** Encounter Diagnosis with its Problem Observation. */
function diagnosis(visit: Reading, from: Reading, writing: Writing): XmlWritten {
  if (isInError(from, writing)) return undefined;
  const name = `Condition/${from.peek('id') ?? ''}`;
  for (const each of visit.all('diagnosis')) {
    const condition = each.child('condition');
    if (referenceName(condition?.peek('reference')) === name) condition?.takeWhole();
  }
  const status = from.child('clinicalStatus');
  const state = status?.child('coding')?.peek('code');
  status?.takeWhole();
  for (const each of from.all('category')) {
    if (each.child('coding')?.peek('code') === 'encounter-diagnosis') each.takeWhole();
  }
  return related(
    'COMP',
    act(
      template(80, '2015-08-01'),
      ownId(from, 'diagnosis', writing),
      fixed('code', '29308-4', systems.loinc, 'Diagnosis'),
      related('SUBJ', problemObservation(from, state, writing)),
    ),
  );
}
