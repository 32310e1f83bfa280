import { statedMoment } from './hl7Time.ts';
import { Statement } from './standardFacts.ts';
import type { StandardFacts, Statements, StatementSettings } from './standardFacts.ts';

/**
 * What claims state (837): whose they are, their total and the charge of every line, to the digit. Of
 * payments the mapping itself checks that they tie, before any of it is made.
 */
export const x12Facts: StandardFacts = {
  name: 'x12',
  version: 1,
  declared: new Map(),
  read(bytes, settings) {
    const statements: Statements = { moment: '', facts: [], unreadable: [] };
    const text = bytes.toString('latin1');
    const element = text[3];
    const terminator = text[105];
    if (!text.startsWith('ISA') || element === undefined || terminator === undefined) {
      return statements;
    }
    const segments = text.split(terminator).map((segment) =>
      segment
        .replace(/[\r\n]/g, '')
        .trim()
        .split(element),
    );
    new ClaimReader(segments, settings, statements).run();
    return statements;
  },
};

type Segment = readonly string[];

/** The person of a level: NM1 and DMG. */
interface Person {
  name: Segment;
  born: string;
}

class ClaimReader {
  readonly #segments: readonly Segment[];
  readonly #settings: StatementSettings;
  readonly #into: Statements;
  #numbers = '';
  #start = 0;
  #currency = 'USD';
  #subscriber: Person | undefined;
  #patient: Person | undefined;
  #payer = '';
  #claim: Statement | undefined;
  /** The person that a DMG belongs to. */
  #last: Person | undefined;

  constructor(segments: readonly Segment[], settings: StatementSettings, into: Statements) {
    this.#segments = segments;
    this.#settings = settings;
    this.#into = into;
  }

  run(): void {
    const find = (id: string): Segment => this.#segments.find(([name]) => name === id) ?? [];
    const [isa, gs, st, bht] = ['ISA', 'GS', 'ST', 'BHT'].map(find) as [
      Segment,
      Segment,
      Segment,
      Segment,
    ];
    const time = (segment: Segment): string =>
      `${segment[4] ?? ''}${segment[5]?.slice(0, 4) ?? ''}`;
    const { zone } = this.#settings;
    this.#into.moment = statedMoment(time(bht), zone) || statedMoment(time(gs), zone);
    if (st[1] !== '837') return;
    this.#numbers = [isa[6]?.trim(), isa[13], gs[6], st[2]].join('|');
    this.#start = this.#segments.indexOf(st);
    for (const [at, segment] of this.#segments.entries()) this.#segment(segment, at);
  }

  #segment(segment: Segment, at: number): void {
    switch (segment[0] ?? '') {
      case 'HL':
        this.#level(segment[3]);
        break;
      case 'CUR':
        this.#currency = segment[2] || 'USD';
        break;
      case 'NM1':
        this.#name(segment);
        break;
      case 'DMG':
        if (this.#last !== undefined) this.#last.born = segment[2] ?? '';
        break;
      case 'CLM':
        this.#begin(segment, at - this.#start + 1);
        break;
      case 'SV1':
      case 'SV3':
        this.#claim?.state('claim-line-charge', segment[2]);
        break;
      case 'SV2':
        this.#claim?.state('claim-line-charge', segment[3]);
    }
  }

  #level(code: string | undefined): void {
    this.#claim = undefined;
    this.#last = undefined;
    this.#patient = undefined;
    if (code === '20') this.#currency = 'USD';
    if (code === '23') return;
    this.#subscriber = undefined;
    this.#payer = '';
  }

  /** Of a level's own people; those of a claim stand behind it. */
  #name(segment: Segment): void {
    this.#last = undefined;
    if (this.#claim !== undefined) return;
    const person = { name: segment, born: '' };
    if (segment[1] === 'IL') this.#last = this.#subscriber = person;
    else if (segment[1] === 'QC') this.#last = this.#patient = person;
    else if (segment[1] === 'PR') this.#payer = segment[9]?.trim() || (segment[3]?.trim() ?? '');
  }

  #begin(segment: Segment, position: number): void {
    const person = this.#patient ?? this.#subscriber;
    const member = this.#subscriber?.name[9] ?? '';
    if (person === undefined) return;
    const { name, born } = person;
    const called = [3, 4].map((at) => (name[at] ?? '').trim().toUpperCase()).join('|');
    const patient = this.#settings.identify(
      'Patient',
      [this.#payer, name[9] || member, called, born].join('|'),
    );
    const id = this.#settings.identify('Claim', `${this.#numbers}|${segment[1]}|${position}`);
    this.#claim = new Statement(this.#into, 'Claim', id, patient);
    this.#claim.state('kind', 'Claim');
    this.#claim.state('claim-total', segment[2], this.#currency);
  }
}
