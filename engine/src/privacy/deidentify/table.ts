import type { ColumnClass } from '../columns.ts';
import { isState, textUnder } from './fields.ts';
import { nameFor } from './names.ts';
import type { Rules } from './rules.ts';
import { isTime, shifted, yearOf, yearsBetween } from './times.ts';
import { zip3 } from './zip3.ts';

/** A column of a table that goes out under the rules. */
export interface TableColumn {
  name: string;
  holds: ColumnClass;
}

/**
 * A row under the rules, in the order of `columns`; `''` for what is withheld. `patient` is the
 * place of the column that says whose row it is; without one, times are years in either kind.
 */
export function deidentifyRow(
  rules: Rules,
  columns: readonly TableColumn[],
  row: readonly string[],
  patient: number | undefined,
): string[] {
  const days = patient === undefined ? undefined : rules.shift(row[patient] ?? '');
  return columns.map(({ holds }, at) => {
    const value = row[at] ?? '';
    return value === '' ? '' : valueUnder(rules, holds, value, days);
  });
}

function valueUnder(
  rules: Rules,
  holds: ColumnClass,
  value: string,
  days: number | undefined,
): string {
  switch (holds.class) {
    case 'identifier':
      if (holds.kind !== 'person' || rules.kind === 'safe-harbor') return '';
      return nameFor(Buffer.from(rules.pseudonym('names', '')), 'family', value);
    case 'key':
      return rules.pseudonym('key', value);
    case 'birth date':
    case 'date':
      return timeUnder(rules, holds.class, value, days);
    case 'zip':
      return zip3(value) ?? '';
    case 'state':
      return isState(value) ? value : '';
    case 'age':
      return Number(value) > 89 ? '90+' : /^\d{1,2}$/.test(value) ? value : '';
    case 'quantity':
    case 'code':
      return value;
    case 'free text':
      return textUnder({ rules, days: 0, known: [] }, value) ?? '';
    case 'empty':
      return '';
  }
}

function timeUnder(
  rules: Rules,
  held: 'birth date' | 'date',
  written: string,
  days: number | undefined,
): string {
  const value = isoOf(written);
  if (value === undefined || !isTime(value)) return '';
  if (held === 'birth date' && yearsBetween(value, rules.today) > 89) return '';
  if (rules.kind === 'safe-harbor' || days === undefined) return yearOf(value) ?? '';
  return shifted(value, days) ?? '';
}

/** A time of a table as ISO 8601: its year stands first, or last behind two numbers. */
function isoOf(written: string): string | undefined {
  if (/^\d{4}-/.test(written)) return written;
  const packed = /^(\d{4})(\d\d)(\d\d)\d*$/.exec(written);
  if (packed) return `${packed[1]}-${packed[2]}-${packed[3]}`;
  const parts = /^(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})/.exec(written);
  if (!parts) return undefined;
  const [, first = '', second = '', year = ''] = parts;
  const [month, day] = Number(first) > 12 ? [second, first] : [first, second];
  return `${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`;
}
