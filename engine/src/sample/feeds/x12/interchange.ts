import type { Delimiters } from '../../../formats/x12/delimiters.ts';
import { writeHeader, writeSegment, type Written } from '../../../formats/x12/writer.ts';
import { legacyDate, type Day } from '../../calendar.ts';

/** The segments of one transaction, between its ST and SE. */
export interface TransactionText {
  /** ST02. */
  control: string;
  segments: readonly string[];
}

export interface InterchangeOptions {
  by: Delimiters;
  /** ISA06 and ISA08, GS02 and GS03. */
  sender: string;
  receiver: string;
  day: Day;
  /** ISA13 and GS06. */
  number: number;
  /** GS01, ST01 and the guide: `HC`, `837`, `005010X222A1`. */
  group: string;
  set: string;
  guide: string;
  /** What stands behind each terminator. */
  lineEnd: '' | '\n';
}

/** An interchange with one group of transactions. */
export function writeInterchange(
  options: InterchangeOptions,
  transactions: readonly TransactionText[],
): Buffer {
  const { by, sender, receiver, day, number, group, set, guide, lineEnd } = options;
  const control = String(number).padStart(9, '0');
  const date = legacyDate(day, 'yyyyMMdd');
  const header = writeHeader(
    {
      sender: ['ZZ', sender],
      receiver: ['ZZ', receiver],
      date: date.slice(2),
      time: '0415',
      control,
      usage: 'P',
    },
    by,
  );
  const lines = [
    header,
    writeSegment('GS', [group, sender, receiver, date, '0415', String(number), 'X', guide], by),
    ...transactions.flatMap(({ control: own, segments }) => [
      writeSegment('ST', [set, own, guide], by),
      ...segments,
      writeSegment('SE', [String(segments.length + 2), own], by),
    ]),
    writeSegment('GE', [String(transactions.length), String(number)], by),
    writeSegment('IEA', ['1', control], by),
  ];
  return Buffer.from(lines.map((line) => line + lineEnd).join(''), 'latin1');
}

/** Gathers segments; the hierarchy counts itself. */
export class SegmentList {
  readonly segments: string[] = [];
  readonly #by: Delimiters;
  #levels = 0;

  constructor(by: Delimiters) {
    this.#by = by;
  }

  add(id: string, ...elements: Written[]): void {
    this.segments.push(writeSegment(id, elements, this.#by));
  }

  /** @returns the number of the level. */
  level(code: string, above: number | undefined, hasChild: boolean): number {
    this.#levels++;
    this.add(
      'HL',
      String(this.#levels),
      above === undefined ? '' : String(above),
      code,
      hasChild ? '1' : '0',
    );
    return this.#levels;
  }
}

/** Clearing houses take capitals of ASCII: what has an accent loses it. */
export function capitals(text: string): string {
  const bare = text.normalize('NFD').replaceAll(/[\u0300-\u036f]/g, '');
  const replaced = bare.replaceAll(/[łŁøØ’]/g, (letter) => bareLetters[letter] ?? '');
  return replaced.toUpperCase().replaceAll(/[^ -)+-9;-\]_`]/g, ' ');
}

const bareLetters: Readonly<Record<string, string>> = {
  ł: 'L',
  Ł: 'L',
  ø: 'O',
  Ø: 'O',
  '’': "'",
};

export const usual: Delimiters = { element: '*', component: ':', repetition: '^', terminator: '~' };

export const date8 = (day: Day): string => legacyDate(day, 'yyyyMMdd');
