import { tag, type Markup, type XmlWritten } from '../../../../formats/xml/writer.ts';
import { typeOf, type Writing } from '../../outward/chart.ts';
import type { Reading } from '../../outward/reading.ts';
import {
  administrationStatuses,
  requestStatuses,
  statementStatuses,
} from '../entries/medications.ts';
import { concept, fixed, ids, interval, quantity, spanOf, systems, timeAt } from './dataTypes.ts';
import {
  comments,
  indications,
  isInError,
  narratedText,
  related,
  said,
  settle,
  statusCode,
  template,
  unknownStart,
} from './entry.ts';
import type { Entry } from './entry.ts';
import { assigned, author } from './parties.ts';

interface DrugKind {
  /** What happened, or what is meant to. */
  moodCode: 'EVN' | 'INT';
  statuses: Readonly<Record<string, string>>;
  dosage: string;
  near: Readonly<Record<string, string>>;
}

const kinds: Readonly<Record<string, DrugKind>> = {
  MedicationStatement: { moodCode: 'EVN', statuses: statementStatuses, dosage: 'dosage', near: {} },
  MedicationRequest: {
    moodCode: 'INT',
    statuses: requestStatuses,
    dosage: 'dosageInstruction',
    near: {},
  },
  MedicationAdministration: {
    moodCode: 'EVN',
    statuses: administrationStatuses,
    dosage: 'dosage',
    near: {},
  },
};

/** Medication Activity: what is taken, what was ordered, what was given. */
export function medication(from: Reading, writing: Writing): Entry | undefined {
  const kind = kinds[typeOf(from)];
  if (kind === undefined || isInError(from, writing)) return undefined;
  settle(from, 'subject', 'encounter', 'context');
  if (from.peek('intent') === 'plan') from.take('intent');
  const dosage = from.child(kind.dosage);
  const drug = drugOf(from, writing);
  const markup = tag(
    'substanceAdministration',
    { classCode: 'SBADM', moodCode: kind.moodCode },
    template(16, '2014-06-09'),
    ids(from, writing),
    statusCode(from, kind.statuses, writing, kind.near),
    useTime(from, dosage, writing),
    frequency(dosage),
    dosage === undefined ? noDose : doseOf(dosage, writing),
    tag('consumable', {}, product(template(23, '2014-06-09'), drug?.markup)),
    from.all('performer').map((each) => giver(each.child('actor') ?? each, writing)),
    author(from, { time: authored(from), who: whoOf(from) }, writing),
    sig(dosage, writing),
    indications(from, 'reasonCode', writing),
    comments(from, writing),
    asNeeded(dosage, writing),
  );
  return { markup, row: [drug?.words, dosage?.peek('text'), from.peek('status')] };
}

function authored(from: Reading): string {
  return typeOf(from) === 'MedicationRequest' ? 'authoredOn' : 'dateAsserted';
}

function whoOf(from: Reading): string {
  return typeOf(from) === 'MedicationRequest' ? 'requester' : 'informationSource';
}

function giver(reference: Reading, writing: Writing): XmlWritten {
  const who = assigned('assignedEntity', reference, writing);
  return who && tag('performer', { typeCode: 'PRF' }, who);
}

/** The drug by its code, be it in the resource or in a Medication that it refers to. */
function drugOf(
  from: Reading,
  writing: Writing,
): { markup: Markup | undefined; words: string | undefined } | undefined {
  const found = writing.follow(from.child('medicationReference'));
  const code = from.child('medicationCodeableConcept') ?? found?.child('code');
  return code && { markup: concept('code', code, writing), words: said(code) };
}

export function product(of: Markup, code: Markup | undefined, ...more: XmlWritten[]): Markup {
  const known = code ?? tag('code', { nullFlavor: 'UNK' });
  const [lot, ...maker] = more;
  const material = tag('manufacturedMaterial', {}, known, lot);
  return tag('manufacturedProduct', { classCode: 'MANU' }, of, material, maker);
}

/** When it is taken: from when to when, or the moment it was given. */
function useTime(from: Reading, dosage: Reading | undefined, writing: Writing): XmlWritten {
  const point = timeAt(from, 'effectiveDateTime', writing);
  if (point !== undefined) {
    return tag('effectiveTime', { 'xsi:type': 'TS', value: point });
  }
  const bounds = dosage?.child('timing')?.child('repeat')?.child('boundsPeriod');
  const span = spanOf(from.child('effectivePeriod') ?? bounds, writing);
  return interval('effectiveTime', span, 'IVL_TS') ?? unknownStart('IVL_TS');
}

/** Units of time that go into the one before: how a frequency becomes a period of its own. */
const smaller: Readonly<Record<string, readonly [unit: string, count: number]>> = {
  d: ['h', 24],
  wk: ['d', 7],
  h: ['min', 60],
};

/** How often, as PIVL: three times a day is every eight hours, at the hours of the institution. */
function frequency(dosage: Reading | undefined): XmlWritten {
  const repeat = dosage?.child('timing')?.child('repeat');
  const unit = repeat?.peek('periodUnit');
  const [times, length] = [repeat?.peek('frequency') ?? '1', repeat?.peek('period')];
  const isRange = repeat?.peek('frequencyMax') ?? repeat?.peek('periodMax');
  if (repeat === undefined || unit === undefined || length === undefined || isRange)
    return undefined;
  const every = periodOf(Number(times), length, unit);
  if (every === undefined) return undefined;
  for (const name of ['frequency', 'period', 'periodUnit']) repeat.take(name);
  return tag(
    'effectiveTime',
    {
      'xsi:type': 'PIVL_TS',
      operator: 'A',
      institutionSpecified: times === '1' ? undefined : 'true',
    },
    tag('period', every),
  );
}

function periodOf(
  times: number,
  length: string,
  unit: string,
): { value: string; unit: string } | undefined {
  if (times === 1) return { value: length, unit };
  const [small, count] = smaller[unit] ?? [];
  const each = (Number(length) * (count ?? Number.NaN)) / times;
  return small !== undefined && Number.isInteger(each)
    ? { value: String(each), unit: small }
    : undefined;
}

/** The template asks for a dose, whatever is known of it. */
const noDose = tag('doseQuantity', { nullFlavor: 'UNK' });

function doseOf(dosage: Reading, writing: Writing): XmlWritten {
  const amount = dosage.child('doseAndRate');
  const [highest] = dosage.all('maxDosePerPeriod');
  const most = ['numerator', 'denominator'].map((each) =>
    quantity(each, highest?.child(each), 'PQ'),
  );
  return [
    concept('routeCode', dosage.child('route'), writing),
    concept('approachSiteCode', dosage.child('site'), writing),
    quantity('doseQuantity', amount?.child('doseQuantity') ?? dosage.child('dose')) ?? noDose,
    quantity('rateQuantity', amount?.child('rateQuantity') ?? dosage.child('rateQuantity')),
    most.every((each) => each !== undefined) ? tag('maxDoseQuantity', {}, most) : undefined,
  ];
}

const noProduct = tag(
  'manufacturedProduct',
  {},
  tag('manufacturedLabeledDrug', { nullFlavor: 'NA' }),
);

/** Medication Free Text Sig: the words for the patient. */
function sig(dosage: Reading | undefined, writing: Writing): XmlWritten {
  const words = dosage?.text('text');
  if (words === undefined) return undefined;
  return related(
    'COMP',
    tag(
      'substanceAdministration',
      { classCode: 'SBADM', moodCode: 'EVN' },
      template(147),
      fixed('code', '76662-6', systems.loinc, 'Instructions'),
      narratedText(words, writing),
      tag('consumable', {}, noProduct),
    ),
  );
}

function asNeeded(dosage: Reading | undefined, writing: Writing): XmlWritten {
  const isNeeded = dosage?.peek('asNeededBoolean') === 'true';
  if (isNeeded) dosage?.take('asNeededBoolean');
  const value = concept('value', dosage?.child('asNeededCodeableConcept'), writing, { type: 'CD' });
  if (!isNeeded && value === undefined) return undefined;
  const criterion = tag(
    'criterion',
    {},
    template(25, '2014-06-09'),
    fixed('code', 'ASSERTION', systems.actCode, 'Assertion'),
    value ?? tag('value', { 'xsi:type': 'CD', nullFlavor: 'NI' }),
  );
  return tag('precondition', { typeCode: 'PRCN' }, criterion);
}
