import { Statement } from './standardFacts.ts';
import type { Statements, StatementSettings } from './standardFacts.ts';
import { patientKey, type Segment, type TransactionSegments } from './x12Segments.ts';

/** Claims (837): whose each is, its total, and the charge of every line. */
export function stateClaims(
  transaction: TransactionSegments,
  settings: StatementSettings,
  into: Statements,
): void {
  const reader = new ClaimReader(transaction, settings, into);
  for (const [at, segment] of transaction.segments.entries()) reader.segment(segment, at);
}

/** The person of a level: NM1 and DMG. */
interface Person {
  name: Segment;
  born: string;
}

class ClaimReader {
  readonly #settings: StatementSettings;
  readonly #into: Statements;
  readonly #numbers: string;
  #currency = 'USD';
  #subscriber: Person | undefined;
  #patient: Person | undefined;
  #payer = '';
  #claim: Statement | undefined;
  /** The person that a DMG belongs to. */
  #last: Person | undefined;

  constructor({ numbers }: TransactionSegments, settings: StatementSettings, into: Statements) {
    this.#numbers = numbers;
    this.#settings = settings;
    this.#into = into;
  }

  segment(segment: Segment, at: number): void {
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
        this.#begin(segment, at + 1);
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
    const key = patientKey(this.#payer, person.name, member, person.born);
    const patient = this.#settings.identify('Patient', key);
    const id = this.#settings.identify('Claim', `${this.#numbers}|${segment[1]}|${position}`);
    this.#claim = new Statement(this.#into, 'Claim', id, patient);
    this.#claim.state('kind', 'Claim');
    this.#claim.state('claim-total', segment[2], this.#currency);
  }
}
