import { TranslationMap } from './translation.ts';

/**
 * General equivalence mappings of CMS: source, target, and five flags: approximate, no map,
 * combination, scenario, choice list. Read as CMS has them (columns between blanks) and as CSV, where
 * spreadsheets have stripped the zeros before codes and flags.
 */
export class Gems {
  readonly map: TranslationMap;
  /** Lines that are of no such layout, or whose code no zeros put in order. */
  unreadable = 0;
  readonly #target: string;
  readonly #diagnoses: boolean;
  #before: string;
  /** A code begins with a zero: nothing was stripped. */
  #isWhole = false;

  constructor(source: string, target: string, diagnoses: boolean) {
    this.map = new TranslationMap(`urn:handover:gems:${diagnoses ? 'cm' : 'pcs'}`, source, target);
    this.#target = target;
    this.#diagnoses = diagnoses;
    this.#before = diagnoses ? '001' : '';
  }

  line(text: string): void {
    const [written = '', target = '', flags = ''] = text.includes(',')
      ? text.split(',').map((field) => field.trim().replace(/^"(.*)"$/, '$1'))
      : text.trim().split(/\s+/);
    if (!/^[0-9EV]\d*$/i.test(written) || !/^\d{1,5}$/.test(flags)) {
      if (text.trim() !== '' && !/^"?icd/i.test(text)) this.unreadable++;
      return;
    }
    const digits = this.#restored(written);
    const [approximate, none, combination, scenario, choice] = flags
      .padStart(5, '0')
      .split('')
      .map(Number) as [number, number, number, number, number];
    const code = this.#diagnoses ? diagnosis(digits) : procedure(digits);
    if (none === 1 || /^no/i.test(target)) {
      this.map.add(code);
      return;
    }
    this.map.add(code, {
      system: this.#target,
      code: this.#diagnoses ? pointed(target) : target,
      display: undefined,
      equivalence: approximate === 1 ? 'inexact' : 'equivalent',
      ...(combination === 1 && { combination: true, scenario, choice }),
    });
  }

  /**
   * The files are in the order of their codes, so of the ways to put zeros before a code the right one
   * is the first that does not stand before the line above: `11` after `0010` is `0011`, and `1000`
   * after `0999` is itself. No diagnosis stands before `001`. Where one code begins with a zero, nothing
   * was stripped.
   */
  #restored(written: string): string {
    const least = this.#diagnoses ? 3 : 2;
    const most = this.#diagnoses ? 5 : 4;
    this.#isWhole ||= written.startsWith('0');
    if (this.#isWhole || !/^\d/.test(written)) return written;
    const ways: string[] = [];
    for (let length = Math.max(least, written.length); length <= most; length++) {
      ways.push(written.padStart(length, '0'));
    }
    const next = ways.filter((way) => way >= this.#before).toSorted()[0];
    if (next === undefined) this.unreadable++;
    else this.#before = next;
    return next ?? (ways[0] as string);
  }
}

/** ICD-9-CM: three characters before the point, four in E codes. */
function diagnosis(digits: string): string {
  const before = /^e/i.test(digits) ? 4 : 3;
  return digits.length > before ? `${digits.slice(0, before)}.${digits.slice(before)}` : digits;
}

function procedure(digits: string): string {
  return digits.length > 2 ? `${digits.slice(0, 2)}.${digits.slice(2)}` : digits;
}

function pointed(code: string): string {
  return code.length > 3 ? `${code.slice(0, 3)}.${code.slice(3)}` : code;
}
