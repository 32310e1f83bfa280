import type { NumberFormat } from './numberFormat.ts';

/**
 * The text of a number in a cell: as the sheet shows it where that adds digits (`007` under `000`,
 * `1.10` under `0.00`), and never with fewer than it has. Undefined when it is no number, or no day.
 */
export function numberText(
  written: string,
  format: NumberFormat,
  date1904: boolean,
): string | undefined {
  const parts = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,4}))?$/.exec(written.trim());
  const [, sign = '', whole = '', fraction = '', exponent] = parts ?? [];
  if (whole + fraction === '') return undefined;
  if (format.kind === 'date') return serialText(Number(written), format, date1904);
  const digits = plainDigits({ whole, fraction, exponent });
  const [integer = '0', decimals = ''] = digits.split('.');
  const shown = [
    integer.padStart(format.integers, '0'),
    decimals.padEnd(format.decimals, '0'),
  ].filter((part) => part !== '');
  return `${sign === '-' ? '-' : ''}${shown.join('.')}`;
}

/**
 * Spreadsheets keep numbers as doubles and write seventeen digits where fewer say the same: 1.1 stands
 * in the file as `1.1000000000000001`. Digits beyond what a double holds came from another program,
 * and stay; so do all that stand in an integer, and zeros at the end.
 */
function plainDigits(number: {
  whole: string;
  fraction: string;
  exponent: string | undefined;
}): string {
  const { whole, fraction, exponent } = number;
  const count = `${whole}${fraction}`.replace(/^0+/, '').length;
  const shortens = count > 15 && count <= 17 && (fraction !== '' || exponent !== undefined);
  if (!shortens) return shifted(whole, fraction, Number(exponent ?? 0));
  const shortest = String(Number(`${whole}.${fraction}e${exponent ?? 0}`));
  const [mantissa = '', power = '0'] = shortest.split('e');
  const [integer = '', decimals = ''] = mantissa.split('.');
  return shifted(integer, decimals, Number(power));
}

/** Digits with their point moved to the right, or to the left. */
function shifted(whole: string, fraction: string, by: number): string {
  const digits = whole + fraction;
  const point = whole.length + by;
  const padded = digits.padStart(digits.length - Math.min(0, point - 1), '0').padEnd(point, '0');
  const at = Math.max(point, 1);
  const integer = padded.slice(0, at).replace(/^0+(?=\d)/, '');
  return padded.length > at ? `${integer}.${padded.slice(at)}` : integer;
}

const dayMs = 86_400_000;
/** 9999-12-31: there the calendar of a spreadsheet ends. */
const lastDay = 2_958_465;

/**
 * The day or time of a serial number (ECMA-376 part 1, section 18.17.4). In the calendar that begins
 * with 1900 day 60 is 29 February 1900, which never was: it is no day.
 */
function serialText(
  serial: number,
  { date, time }: { date: boolean; time: boolean },
  date1904: boolean,
): string | undefined {
  const totalMs = Math.round(serial * dayMs);
  const day = Math.floor(totalMs / dayMs);
  const restMs = totalMs - day * dayMs;
  if (!(serial >= 0) || day > lastDay) return undefined;
  const clock = new Date(restMs).toISOString().slice(11, restMs % 1000 === 0 ? 19 : 23);
  if (!date && day === 0) return clock;
  if (!date1904 && (day === 0 || day === 60)) return undefined;
  const epoch = date1904 ? Date.UTC(1904, 0, 1) : Date.UTC(1899, 11, day < 60 ? 31 : 30);
  const named = new Date(epoch + day * dayMs).toISOString().slice(0, 10);
  return time || restMs > 0 ? `${named} ${clock}` : named;
}
