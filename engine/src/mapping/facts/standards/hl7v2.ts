import { Er7Message, type Er7Segment, type Er7Value } from './er7.ts';
import { codeSystemUri, namespaceUri } from './hl7Uris.ts';
import { statedMoment, statedOffset, statedTime } from './hl7Time.ts';
import { Statement } from './standardFacts.ts';
import type { StandardFacts, Statements, StatementSettings } from './standardFacts.ts';

const declared: Readonly<Record<string, readonly string[]>> = {
  Patient: ['record-number', 'family', 'given', 'sex', 'birth-date', 'active', 'deceased-date'],
  Encounter: ['encounter-sent-class', 'encounter-start', 'encounter-end'],
  Observation: [
    'result-sent-code',
    'result-status',
    'result-value',
    'result-unit',
    'result-value-text',
    'result-time',
  ],
  AllergyIntolerance: ['allergy-sent-code', 'allergy-onset', 'allergy-verification-status'],
  Immunization: ['vaccine-sent-code', 'immunization-status', 'immunization-date', 'vaccine-lot'],
  ChargeItem: ['charge-sent-code', 'charge-amount', 'charge-kind', 'charge-time', 'line-units'],
};

/** What HL7 v2 messages state: people, visits, results, allergies, vaccines and money. */
export const hl7v2Facts: StandardFacts = {
  name: 'hl7v2',
  version: 2,
  declared: new Map(
    Object.entries(declared).map(([type, said]) => [type, new Set(['kind', ...said])]),
  ),
  read(bytes, settings) {
    const statements: Statements = { moment: '', facts: [], unreadable: [] };
    const message = Er7Message.read(bytes);
    if (message === undefined) return statements;
    new MessageReader(message, settings, statements).run();
    return statements;
  },
};

const sexes: Readonly<Record<string, string>> = {
  F: 'female',
  M: 'male',
  U: 'unknown',
  O: 'other',
  A: 'other',
  N: 'other',
};

const resultStatuses: Readonly<Record<string, string>> = {
  F: 'final',
  P: 'preliminary',
  C: 'corrected',
  A: 'amended',
  X: 'cancelled',
  D: 'entered-in-error',
  W: 'entered-in-error',
};

/** Uses of a name (XPN-7) by which nobody is called now. */
const otherNames = new Set(['BAD', 'M', 'MSK', 'N', 'NAV', 'TEMP']);

/** Types of OBX-5 that are words. */
const words = new Set(['', 'ST', 'TX', 'FT']);

class MessageReader {
  readonly #message: Er7Message;
  readonly #settings: StatementSettings;
  readonly #into: Statements;
  readonly #header: Er7Segment;
  readonly #offset: string | undefined;
  readonly #turns = new Map<string, number>();
  readonly #said = new Set<string>();
  /** By type and key, what segments said of it. */
  readonly #words = new Map<string, string[]>();
  /** Of vaccines, what tells each apart, by the words that told of it. */
  readonly #doses = new Map<string, string>();
  readonly #type: string;
  #patient: string | undefined;
  #visit: string | undefined;
  #common: Er7Segment | undefined;
  #detail: Er7Segment | undefined;
  /** What an OBX belongs to, if not to a visit or a patient. */
  #owner: string | undefined;
  #document = false;

  constructor(message: Er7Message, settings: StatementSettings, into: Statements) {
    this.#message = message;
    this.#settings = settings;
    this.#into = into;
    this.#header = message.segments[0] as Er7Segment;
    this.#offset = statedOffset(this.#header.raw(7).split('^', 1)[0] ?? '');
    this.#type = this.#header.text(9);
  }

  run(): void {
    this.#into.moment = this.#moment();
    for (const segment of this.#message.segments) this.#segment(segment);
  }

  #moment(): string {
    const event = this.#message.segments.find(({ name }) => name === 'EVN');
    const own = statedMoment(this.#header.text(7), this.#settings.zone);
    return own || statedMoment(event?.text(2) ?? '', this.#settings.zone);
  }

  #segment(segment: Er7Segment): void {
    switch (segment.name) {
      case 'PID':
        return this.#person(segment);
      case 'MRG':
        return this.#merge(segment);
      case 'PD1':
        return this.#will(segment);
      case 'DB1':
        return this.#disability(segment);
      case 'PV1':
        return this.#stay(segment);
      case 'ORC':
        return this.#order(segment);
      case 'OBR':
        return this.#request(segment);
      case 'TXA':
        this.#document = true;
        return;
      case 'OBX':
        return this.#result(segment);
      case 'AL1':
      case 'IAM':
        return this.#allergy(segment);
      case 'RXA':
        return this.#vaccine(segment);
      case 'FT1':
        return this.#charge(segment);
      case 'ACC':
        return this.#accident(segment);
    }
  }

  #about(type: string, id: string, subject = this.#patient ?? ''): Statement {
    const said = new Statement(this.#into, type, id, subject);
    said.state('kind', type);
    return said;
  }

  #id(type: string, key: string | undefined): string {
    if (key !== undefined) return this.#settings.identify(type, key);
    const turn = this.#turns.get(type) ?? 0;
    this.#turns.set(type, turn + 1);
    return this.#settings.identify(type, `${this.#message.digest}|${turn}`);
  }

  /** As {@link #id}; a second segment of that key that says something else is another thing. */
  #stated(type: string, key: string | undefined, segment: Er7Segment): string {
    if (key === undefined) return this.#id(type, undefined);
    const said = this.#words.get(`${type}|${key}`) ?? [];
    this.#words.set(`${type}|${key}`, said);
    const own = segment.afterFirst();
    let at = said.indexOf(own);
    if (at < 0) at = said.push(own) - 1;
    return this.#id(type, at === 0 ? key : `${key}|${at + 1}`);
  }

  /** Whether it is the first that is said of the resource. */
  #isNew(type: string, id: string): boolean {
    const name = `${type}/${id}`;
    const before = this.#said.has(name);
    this.#said.add(name);
    return !before;
  }

  #time(written: string): string | undefined {
    return written === '' ? undefined : statedTime(written, this.#settings.zone, this.#offset);
  }

  #person(segment: Er7Segment): void {
    const ids = [3, 2, 4].flatMap((field) => segment.repetitions(field));
    const id = this.#id('Patient', personKey(ids));
    this.#patient = id;
    this.#visit = undefined;
    this.#owner = undefined;
    if (!this.#isNew('Patient', id)) return;
    const said = this.#about('Patient', id, '');
    const listed = [...segment.repetitions(3), segment.value(2), ...segment.repetitions(4)];
    for (const one of listed) recordNumber(said, one);
    const security = segment.text(19);
    if (security !== '') said.state('record-number', `${socialSecurity}|${security}`);
    const license = segment.text(20);
    const issuer = segment.text(20, 2);
    const system = issuer === '' ? '' : codeSystemUri(issuer);
    if (license !== '') said.state('record-number', `${system}|${license}`);
    this.#names(said, [...segment.repetitions(5), ...segment.repetitions(9)]);
    const sex = segment.text(8);
    if (sex in sexes) said.state('sex', sexes[sex]);
    else if (sex !== '') said.unreadable('sex', 'code-undeclared');
    said.state('birth-date', this.#time(segment.text(7))?.slice(0, 10));
    said.state('deceased-date', this.#time(segment.text(29)));
    const isSaidAlive = !segment.has(29) && /^N$/i.test(segment.text(30));
    if (segment.isNull(29) || isSaidAlive) said.takeBack('deceased-date');
    if (segment.isNull(7)) said.takeBack('birth-date');
    if (segment.isNull(8)) said.takeBack('sex');
    if (segment.isNull(19)) said.takeBack('record-number', `${socialSecurity}|`);
    if (segment.isNull(5) && !segment.has(9)) {
      for (const part of ['family', 'given']) said.takeBack(part);
    }
  }

  #names(said: Statement, names: readonly Er7Value[]): void {
    for (const name of names) {
      if (otherNames.has(name.text(7))) continue;
      said.state('family', name.text(1));
      for (const given of [2, 3]) said.state('given', name.text(given));
    }
  }

  #merge(segment: Er7Segment): void {
    if (this.#patient === undefined) return;
    const ids = [1, 4, 2].flatMap((field) => segment.repetitions(field));
    const key = personKey(ids);
    if (key === undefined) return;
    const id = this.#id('Patient', key);
    const said = this.#about('Patient', id, '');
    for (const one of [...segment.repetitions(1), ...segment.repetitions(2), segment.value(4)]) {
      recordNumber(said, one);
    }
    this.#names(said, segment.repetitions(7));
    if (id !== this.#patient) said.state('active', 'false');
  }

  #will(segment: Er7Segment): void {
    if (this.#patient === undefined || !segment.has(7)) return;
    const id = this.#id('Observation', `${this.#patient}|living-will|${segment.raw(7)}`);
    const said = this.#about('Observation', id);
    said.state('result-sent-code', 'http://loinc.org|75320-2');
    said.state('result-status', 'final');
  }

  #disability(segment: Er7Segment): void {
    if (this.#patient === undefined || !segment.has(4)) return;
    const said = this.#about('Observation', this.#id('Observation', undefined));
    said.state('result-sent-code', 'http://loinc.org|69858-9');
    said.state('result-status', 'final');
    said.state('result-time', this.#time(segment.text(5)));
  }

  #accident(segment: Er7Segment): void {
    if (this.#patient === undefined) return;
    const key = `${this.#patient}|accident|${segment.raw(1)}|${segment.raw(2)}`;
    const said = this.#about('Observation', this.#id('Observation', key));
    said.state('result-sent-code', 'http://loinc.org|11374-6');
    said.state('result-status', 'final');
    said.state('result-time', this.#time(segment.text(1)));
    said.state('result-value-text', segment.value(9).whole());
  }

  #stay(segment: Er7Segment): void {
    const number = personKey(segment.repetitions(19));
    const admitted = segment.raw(44);
    const byTime =
      admitted !== '' && this.#patient !== undefined ? `${this.#patient}|${admitted}` : undefined;
    const id = this.#id('Encounter', number ?? byTime);
    this.#visit = id;
    if (!this.#isNew('Encounter', id)) return;
    const said = this.#about('Encounter', id);
    said.state('encounter-sent-class', visitClass(segment.value(2)));
    said.state('encounter-start', this.#time(segment.text(44)));
    said.state('encounter-end', this.#time(segment.text(45)));
    if (segment.isNull(44)) said.takeBack('encounter-start');
    if (segment.isNull(45)) said.takeBack('encounter-end');
  }

  #order(segment: Er7Segment): void {
    this.#common = segment;
    this.#owner = undefined;
    if (this.#type === 'OUL' && this.#detail !== undefined) this.#request(this.#detail);
  }

  #request(segment: Er7Segment): void {
    this.#detail = segment;
    const key = orderKey(this.#common, segment);
    const own = key === undefined ? undefined : `${key}|${segment.value(4).raw(1)}`;
    const order = this.#id('ServiceRequest', own);
    const isResult = ['ORU', 'OUL', 'REF', 'MDM'].includes(this.#type) || segment.has(25);
    const report = isResult ? this.#id('DiagnosticReport', own) : undefined;
    this.#owner = report ?? order;
  }

  #result(segment: Er7Segment): void {
    if (this.#document && this.#type === 'MDM') return;
    const owner = this.#owner ?? this.#visit ?? this.#patient ?? this.#message.digest;
    const key = segment.has(21)
      ? `id|${segment.raw(21)}`
      : `${owner}|${segment.value(3).raw(1)}|${segment.raw(4)}|${segment.raw(1)}`;
    const id = this.#stated('Observation', key, segment);
    if (!this.#isNew('Observation', id)) return;
    const said = this.#about('Observation', id);
    codes(said, 'result-sent-code', segment.value(3));
    said.state('result-status', resultStatuses[segment.text(11)] ?? 'unknown');
    said.state('result-time', this.#time(segment.text(14)));
    this.#measured(said, segment);
  }

  #measured(said: Statement, segment: Er7Segment): void {
    const values = segment.repetitions(5).filter((value) => value.raw(1) !== '""');
    const type = segment.text(2);
    const [first] = values;
    if (first === undefined || (values.length === 1 && first.whole() === '')) return;
    if (words.has(type)) {
      said.state('result-value-text', values.map((value) => value.whole()).join('\n'));
    } else if (values.length === 1 && type === 'NM') {
      const number = first.text(1).trim();
      if (!/^[+-]?(\d+\.?\d*|\.\d+)$/.test(number)) {
        said.state('result-value-text', first.whole());
        return;
      }
      said.state('result-value', number.replace(/\.$/, ''));
      const unit = segment.value(6);
      const coded = unit.text(1) !== '' && unit.text(3) !== '';
      said.state('result-unit', coded ? unit.text(1) : unit.text(2) || unit.text(1));
    } else if (values.length === 1 && type !== 'ED' && type !== 'RP') {
      // Structured values, codes and times have shapes of their own, which are not measured here.
      this.#other(said, type, first, segment);
    }
  }

  #other(said: Statement, type: string, value: Er7Value, segment: Er7Segment): void {
    if (['CE', 'CWE', 'CNE', 'CF', 'IS', 'ID'].includes(type)) {
      said.state('result-value-text', value.components > 8 ? value.text(9) : '');
    } else if (type === 'SN') {
      const [comparator, low, separator] = [1, 2, 3].map((part) => value.text(part));
      const plain = ['', '=', '<', '>', '<=', '>='].includes(comparator ?? '');
      const isNumber = /^[+-]?(\d+\.?\d*|\.\d+)$/.test(low ?? '');
      if (!plain || !isNumber || separator !== '') {
        const ranged = plain && isNumber && ['-', ':', '/'].includes(separator ?? '');
        if (!ranged) said.state('result-value-text', value.whole());
        return;
      }
      said.state('result-value', low);
      const unit = segment.value(6);
      const coded = unit.text(1) !== '' && unit.text(3) !== '';
      said.state('result-unit', coded ? unit.text(1) : unit.text(2) || unit.text(1));
    } else if (!['DT', 'DTM', 'TS', 'TM', 'DR', 'NR'].includes(type)) {
      said.state('result-value-text', value.whole());
    }
  }

  #allergy(segment: Er7Segment): void {
    if (this.#patient === undefined) return;
    const own = allergyKey(segment);
    const key = own && `${this.#patient}|${own}`;
    const id = this.#stated('AllergyIntolerance', key, segment);
    if (!this.#isNew('AllergyIntolerance', id)) return;
    const said = this.#about('AllergyIntolerance', id);
    codes(said, 'allergy-sent-code', segment.value(3));
    const onset = segment.name === 'IAM' ? segment.text(11) : segment.text(6);
    said.state('allergy-onset', this.#time(onset));
    const isTakenBack = segment.name === 'IAM' && segment.text(6) === 'D';
    said.state('allergy-verification-status', isTakenBack ? 'entered-in-error' : '');
  }

  #vaccine(segment: Er7Segment): void {
    if (this.#patient === undefined || this.#type === 'RAS' || this.#type === 'RGV') return;
    const order = orderKey(this.#common, undefined);
    // One order is of one dose; what is said again in the same words, and of no order, is no further one.
    this.#common = undefined;
    const spoken = segment.afterFirst();
    const own =
      order === undefined
        ? (this.#doses.get(spoken) ?? `${this.#patient}|${segment.raw(5)}|${segment.raw(3)}`)
        : `${order}|${segment.value(5).raw(1)}`;
    if (!this.#doses.has(spoken)) this.#doses.set(spoken, own);
    const id = this.#stated('Immunization', own, segment);
    this.#owner = id;
    if (!this.#isNew('Immunization', id)) return;
    const said = this.#about('Immunization', id);
    codes(said, 'vaccine-sent-code', segment.value(5));
    said.state('immunization-status', vaccineStatus(segment));
    said.state('immunization-date', this.#time(segment.text(3)));
    said.state('vaccine-lot', segment.text(15));
  }

  #charge(segment: Er7Segment): void {
    // In DFT what follows a charge is of no order that came before it.
    if (this.#type === 'DFT') this.#owner = undefined;
    if (this.#patient === undefined) return;
    const facility = this.#header.raw(4);
    const key = segment.has(2)
      ? `${facility}|${segment.raw(2)}|${this.#patient}|${segment.raw(1)}`
      : undefined;
    const id = this.#stated('ChargeItem', key, segment);
    if (!this.#isNew('ChargeItem', id)) return;
    const said = this.#about('ChargeItem', id);
    codes(said, 'charge-sent-code', segment.value(7));
    const amount = segment.has(11) ? segment.text(11) : segment.text(12);
    said.state('charge-amount', amount.trim());
    said.state('charge-kind', segment.text(6).toUpperCase());
    said.state('charge-time', this.#time(segment.text(4)));
    said.state('line-units', segment.text(10).trim());
  }
}

const acts = 'http://terminology.hl7.org/CodeSystem/v3-ActCode';
const unknownClass = 'http://terminology.hl7.org/CodeSystem/v3-NullFlavor|UNK';
const visitClasses: Readonly<Record<string, string>> = {
  E: `${acts}|EMER`,
  I: `${acts}|IMP`,
  O: `${acts}|AMB`,
  P: `${acts}|PRENC`,
};

/** HL7 table 0004, as FHIR tells the setting of a visit. */
function visitClass(value: Er7Value): string {
  const code = value.text(1);
  if (code === '') return value.text(2) === '' ? unknownClass : '';
  const ofTable = ['R', 'B', 'C', 'N', 'U'].includes(code);
  if (ofTable) return `http://terminology.hl7.org/CodeSystem/v2-0004|${code}`;
  const system = value.text(3);
  return visitClasses[code] ?? `${system === '' ? '' : codeSystemUri(system)}|${code}`;
}

function vaccineStatus(segment: Er7Segment): string {
  if (segment.text(21) === 'D') return 'entered-in-error';
  const completion = segment.text(20);
  return completion === '' || completion === 'CP' || completion === 'PA' ? 'completed' : 'not-done';
}

/** A code and up to two alternates, each with its system (CWE 1, 4 and 10). */
function codes(said: Statement, concept: string, value: Er7Value): void {
  for (const at of [1, 4, 10]) {
    const code = value.text(at);
    const system = value.text(at + 2);
    if (code !== '') said.state(concept, `${system === '' ? '' : codeSystemUri(system)}|${code}`);
  }
}

/** An allergy's number, else its code, else the reaction's words. */
function allergyKey(segment: Er7Segment): string | undefined {
  if (segment.name === 'IAM' && segment.has(7)) return segment.raw(7);
  if (segment.has(3)) return segment.raw(3);
  return segment.has(5) ? `|${segment.raw(2)}|${segment.raw(5)}` : undefined;
}

const socialSecurity = 'http://hl7.org/fhir/sid/us-ssn';

/** An identifier (CX) with who assigned it. */
function recordNumber(said: Statement, value: Er7Value): void {
  const own = value.text(1);
  if (own === '') return;
  const authority = namespaceUri(value.text(4, 1), value.text(4, 2), value.text(4, 3));
  const known = authority ?? (value.text(5) === 'SS' ? socialSecurity : '');
  said.state('record-number', `${known}|${own}`);
}

/** The first identifier with a value, and who assigned it. */
function personKey(values: readonly Er7Value[]): string | undefined {
  const found = values.find((value) => value.text(1) !== '');
  if (found === undefined) return undefined;
  const authority = namespaceUri(found.text(4, 1), found.text(4, 2), found.text(4, 3));
  return `${authority ?? found.text(5)}|${found.text(1)}`;
}

function orderKey(common: Er7Segment | undefined, detail: Er7Segment | undefined) {
  const placed = common?.raw(2) || detail?.raw(2) || '';
  const filled = common?.raw(3) || detail?.raw(3) || '';
  if (placed === '' && filled === '') return undefined;
  const named = placed.includes('^') || filled.includes('^');
  return `${placed}|${filled}${named ? '' : '|'}`;
}
