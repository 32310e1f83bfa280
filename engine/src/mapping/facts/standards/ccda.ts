import { readCdaXml, type CdaElement } from './cdaXml.ts';
import { statedMoment, statedOffset, statedTime } from './hl7Time.ts';
import { Statement } from './standardFacts.ts';
import type { StandardFacts, Statements, StatementSettings } from './standardFacts.ts';

/**
 * What clinical documents state: the person, and of allergies, problems, vaccines, results and vital signs
 * that have an id of their own what they are, their values and whether they are negated. Of the person
 * alone silence is a statement too: entries of other templates become the same types.
 */
export const ccdaFacts: StandardFacts = {
  name: 'ccda',
  version: 1,
  declared: new Map([['Patient', new Set(['kind', 'family', 'sex', 'birth-date'])]]),
  read(bytes, settings) {
    const statements: Statements = { moment: '', facts: [], unreadable: [] };
    const root = readCdaXml(bytes);
    if (root?.name === 'ClinicalDocument') new DocumentReader(root, settings, statements).run();
    return statements;
  },
};

const sexes: Readonly<Record<string, string>> = { M: 'male', F: 'female', UN: 'other' };

/** What an act is by its template; each has a shape of its own. */
const acts: Readonly<Record<string, string>> = {
  '2.16.840.1.113883.10.20.22.4.7': 'AllergyIntolerance',
  '2.16.840.1.113883.10.20.22.4.4': 'Condition',
  '2.16.840.1.113883.10.20.22.4.52': 'Immunization',
  '2.16.840.1.113883.10.20.22.4.2': 'Observation',
  '2.16.840.1.113883.10.20.22.4.27': 'Observation',
};

class DocumentReader {
  readonly #root: CdaElement;
  readonly #settings: StatementSettings;
  readonly #into: Statements;
  readonly #offset: string | undefined;
  readonly #ids = new Map<string, number>();
  #patient = '';

  constructor(root: CdaElement, settings: StatementSettings, into: Statements) {
    this.#root = root;
    this.#settings = settings;
    this.#into = into;
    this.#offset = statedOffset(root.child('effectiveTime')?.peek('value') ?? '');
  }

  run(): void {
    const written = this.#root.child('effectiveTime')?.peek('value') ?? '';
    this.#into.moment = statedMoment(written, this.#settings.zone);
    const role = this.#root.at('recordTarget', 'patientRole');
    if (role === undefined || !this.#person(role)) return;
    const body = this.#root.at('component', 'structuredBody');
    if (body === undefined) return;
    this.#count(body);
    this.#walk(body);
  }

  #person(role: CdaElement): boolean {
    const key = role
      .all('id')
      .map(keyOf)
      .find((each) => each !== undefined);
    // A person without an id is told apart by the document, and compared with the draft alone.
    if (key === undefined) return false;
    this.#patient = this.#settings.identify('Patient', key);
    const said = new Statement(this.#into, 'Patient', this.#patient, '');
    said.state('kind', 'Patient');
    const person = role.child('patient');
    for (const name of person?.all('name') ?? []) {
      const families = name.all('family');
      const use = name.peek('use')?.split(' ')[0] ?? '';
      const born = families.some((part) => part.peek('qualifier') === 'BR');
      if (born || use === 'P' || use === 'A') continue;
      said.state('family', families.map(wordsOf).filter(Boolean).join(' '));
    }
    const gender = person?.child('administrativeGenderCode');
    const code = gender?.peek('code');
    if (gender !== undefined) {
      const sex = code === undefined ? 'unknown' : sexes[code];
      if (sex === undefined) said.unreadable('sex', 'code-undeclared');
      said.state('sex', sex);
    }
    said.state('birth-date', this.#time(person?.child('birthTime')?.peek('value'))?.slice(0, 10));
    return true;
  }

  #time(written: string | undefined): string | undefined {
    if (written === undefined || written === '') return undefined;
    return statedTime(written, this.#settings.zone, this.#offset);
  }

  /** An id that stands on several acts tells none of them apart. */
  #count(element: CdaElement): void {
    for (const each of element.elements()) {
      const key = each.name === 'text' ? undefined : keyOf(each.child('id'));
      if (key !== undefined) this.#ids.set(key, (this.#ids.get(key) ?? 0) + 1);
      if (each.name !== 'text') this.#count(each);
    }
  }

  #walk(element: CdaElement): void {
    for (const each of element.elements()) {
      if (each.name === 'text' || each.at('subject', 'relatedSubject') !== undefined) continue;
      this.#act(each);
      this.#walk(each);
    }
  }

  #act(act: CdaElement): void {
    const key = keyOf(act.child('id'));
    if (key === undefined || this.#ids.get(key) !== 1) return;
    if ((act.peek('moodCode') ?? 'EVN') !== 'EVN') return;
    const types = act.all('templateId').map((each) => acts[each.peek('root') ?? '']);
    const type = types.find((each) => each !== undefined);
    if (type === undefined) return;
    const said = new Statement(this.#into, type, this.#settings.identify(type, key), this.#patient);
    said.state('kind', type);
    const negated = act.peek('negationInd') === 'true';
    if (type === 'Immunization') this.#vaccine(said, act, negated);
    else if (type === 'Observation') this.#measured(said, act, negated);
    else if (type === 'Condition') stateClaim(said, 'problem', act.child('value'), negated);
    else stateClaim(said, 'allergy', substanceOf(act), negated);
  }

  #vaccine(said: Statement, act: CdaElement, negated: boolean): void {
    const state = act.child('statusCode')?.peek('code') ?? '';
    const undone = negated || state === 'aborted' || state === 'cancelled';
    const wrong = state === 'nullified' ? 'entered-in-error' : 'completed';
    said.state('immunization-status', undone ? 'not-done' : wrong);
    const material = act.at('consumable', 'manufacturedProduct', 'manufacturedMaterial');
    stateCodes(said, material?.child('code'));
    said.state('vaccine-lot', wordsOf(material?.child('lotNumberText')));
  }

  #measured(said: Statement, act: CdaElement, negated: boolean): void {
    stateCodes(said, act.child('code'));
    const values = act.all('value');
    const [value] = values;
    const number = value?.peek('value');
    if (negated || values.length !== 1 || value?.peek('xsi:type') !== 'PQ') return;
    if (number !== undefined && /^-?(\d+\.?\d*|\.\d+)$/.test(number)) {
      said.state('result-value', number);
    }
  }
}

/** An id that tells something apart anywhere: root and extension, or a UUID alone. */
function keyOf(id: CdaElement | undefined): string | undefined {
  const root = id?.peek('root') ?? '';
  const extension = id?.peek('extension') ?? '';
  if (root === '') return undefined;
  if (extension !== '') return `${root}|${extension}`;
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(root) ? root.toLowerCase() : undefined;
}

function substanceOf(act: CdaElement): CdaElement | undefined {
  return act
    .all('participant')
    .filter((each) => (each.peek('typeCode') ?? 'CSM') === 'CSM')
    .map((each) => each.at('participantRole', 'playingEntity', 'code'))
    .find((each) => each !== undefined);
}

/** Codes that stand for every problem, or every substance: negated, they say that none is known. */
const general = new Set([
  '55607006',
  '64572001',
  '404684003',
  '105590001',
  '410942007',
  '762766007',
]);

/** A problem or an allergy; refuted where it is negated, and none known is said by another code. */
function stateClaim(
  said: Statement,
  what: 'problem' | 'allergy',
  coded: CdaElement | undefined,
  negated: boolean,
): void {
  const code = coded?.peek('code') ?? '';
  if (negated && (code === '' || general.has(code))) return;
  stateCodes(said, coded);
  if (negated) said.state(`${what}-verification-status`, 'refuted');
}

/** A code and its translations, without their systems. */
function stateCodes(said: Statement, coded: CdaElement | undefined): void {
  if (coded === undefined) return;
  const all = [coded, ...coded.all('translation')].map((each) => each.peek('code') ?? '');
  for (const code of new Set(all)) said.state('entry-code', code);
}

function wordsOf(element: CdaElement | undefined): string {
  if (element === undefined) return '';
  const text = element.content
    .map((each) => (typeof each === 'string' ? each : each.text))
    .join('');
  return text.replace(/\s+/g, ' ').trim();
}
