import { JsonNumber } from '../../src/base/json.ts';
import { at, changeAt, onText } from './change.ts';
import type { Change, Rewrite } from './change.ts';

const everywhere = (): boolean => true;

const onNumber = (rewrite: (text: string) => string | undefined): Rewrite => {
  return (value) => {
    const text = value instanceof JsonNumber ? rewrite(value.text) : undefined;
    return text === undefined ? undefined : new JsonNumber(text);
  };
};

/** Letters and digits damaged on the way. */
const textChanges: readonly Change[] = [
  changeAt(
    'text-truncated',
    'any',
    everywhere,
    onText((text) => (text.length > 3 ? text.slice(0, -2) : undefined)),
  ),
  changeAt(
    'display-truncated',
    'any',
    at('display', 'code.text', 'note.text'),
    onText((text) => text.slice(0, Math.ceil(text.length / 2))),
  ),
  changeAt(
    'text-emptied',
    'any',
    everywhere,
    onText(() => ''),
  ),
  changeAt('case-changed', 'any', everywhere, onText(swapCase)),
  changeAt(
    'space-doubled',
    'any',
    everywhere,
    onText((text) => text.replace(' ', '  ')),
  ),
  changeAt(
    'space-added-at-end',
    'any',
    everywhere,
    onText((text) => `${text} `),
  ),
  changeAt(
    'space-lost',
    'any',
    everywhere,
    onText((text) => text.replace(/\s/, '')),
  ),
  changeAt(
    'encoding-mojibake',
    'any',
    everywhere,
    onText((text) => Buffer.from(text, 'utf8').toString('latin1')),
  ),
  changeAt(
    'encoding-question-marks',
    'any',
    everywhere,
    onText((text) => text.replace(/[^\u0020-\u007e]/gu, '?')),
  ),
  changeAt(
    'encoding-accents-lost',
    'any',
    everywhere,
    onText((text) => text.normalize('NFD').replace(/\p{M}/gu, '')),
  ),
  changeAt(
    'encoding-renormalised',
    'any',
    everywhere,
    onText((text) => text.normalize(text === text.normalize('NFC') ? 'NFD' : 'NFC')),
  ),
  changeAt(
    'line-breaks-flattened',
    'any',
    everywhere,
    onText((text) => text.replace(/\n/g, ' ')),
  ),
  changeAt('letters-transposed', 'any', everywhere, onText(transpose)),
];

const numberChanges: readonly Change[] = [
  changeAt(
    'decimal-digits-lost',
    'any',
    everywhere,
    onNumber((text) => (text.includes('.') ? text.replace(/\.?0+$/, '') : undefined)),
  ),
  changeAt(
    'decimal-digits-added',
    'any',
    everywhere,
    onNumber((text) => (text.includes('.') ? `${text}0` : `${text}.0`)),
  ),
  changeAt(
    'decimal-point-moved',
    'any',
    everywhere,
    onNumber((text) => text.replace(/^(\d*)\.(\d)(\d*)$/, '$1$2.$3').replace(/^0+(?=\d)/, '')),
  ),
  changeAt(
    'number-sign-changed',
    'any',
    everywhere,
    onNumber((text) => (text.startsWith('-') ? text.slice(1) : `-${text}`)),
  ),
];

const dayPattern = /^(\d{4})-(\d\d)-(\d\d)/;

/** Dates and times moved, or given a precision that the source does not have. */
const dateChanges: readonly Change[] = [
  changeAt(
    'date-shifted-by-a-day',
    'any',
    everywhere,
    onText((text) => shiftDays(text, 1)),
  ),
  changeAt(
    'date-shifted-by-a-year',
    'any',
    everywhere,
    onText((text) =>
      /^\d{4}(?:-\d\d|$)/.test(text)
        ? `${Number(text.slice(0, 4)) - 1}${text.slice(4)}`
        : undefined,
    ),
  ),
  changeAt(
    'date-in-other-century',
    'any',
    everywhere,
    onText((text) => (/^19\d\d(?:-\d\d|$)/.test(text) ? `20${text.slice(2)}` : undefined)),
  ),
  changeAt(
    'day-and-month-swapped',
    'any',
    everywhere,
    onText((text) => {
      const [, , month = '', day = ''] = dayPattern.exec(text) ?? [];
      if (month === day || !(Number(day) <= 12)) return undefined;
      return text.replace(dayPattern, `$1-$3-$2`);
    }),
  ),
  changeAt('precision-promoted', 'any', everywhere, onText(promote)),
  changeAt(
    'precision-lost',
    'any',
    everywhere,
    onText((text) =>
      dayPattern.test(text) ? text.slice(0, text.includes('T') ? 10 : 7) : undefined,
    ),
  ),
  changeAt(
    'time-zone-shifted',
    'any',
    everywhere,
    onText((text) =>
      isInstant(text) ? text.replace(/(?:Z|[+-]\d\d:\d\d)$/, '+05:00') : undefined,
    ),
  ),
  changeAt(
    'hour-shifted',
    'any',
    everywhere,
    onText((text) =>
      isInstant(text)
        ? text.replace(
            /T(\d\d)/,
            (_, hour) => `T${String((Number(hour) + 1) % 24).padStart(2, '0')}`,
          )
        : undefined,
    ),
  ),
];

export const valueChanges: readonly Change[] = [...textChanges, ...numberChanges, ...dateChanges];

function swapCase(text: string): string {
  return text === text.toUpperCase() ? text.toLowerCase() : text.toUpperCase();
}

function transpose(text: string): string | undefined {
  for (let index = text.length - 2; index >= 0; index--) {
    if (text[index] === text[index + 1]) continue;
    const pair = `${text[index + 1]}${text[index]}`;
    return text.slice(0, index) + pair + text.slice(index + 2);
  }
  return undefined;
}

function shiftDays(text: string, days: number): string | undefined {
  const match = dayPattern.exec(text);
  if (match === null) return undefined;
  const time = Date.parse(`${match[0]}T00:00:00Z`) + days * 86_400_000;
  if (Number.isNaN(time)) return undefined;
  return new Date(time).toISOString().slice(0, 10) + text.slice(10);
}

function promote(text: string): string | undefined {
  if (/^\d{4}$/.test(text)) return `${text}-01-01`;
  if (/^\d{4}-\d\d$/.test(text)) return `${text}-01`;
  return /^\d{4}-\d\d-\d\d$/.test(text) ? `${text}T00:00:00Z` : undefined;
}

function isInstant(text: string): boolean {
  return /^\d{4}-\d\d-\d\dT.*(?:Z|[+-]\d\d:\d\d)$/.test(text);
}
