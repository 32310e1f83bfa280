import { JsonNumber, type Json } from '../base/json.ts';
import { isInteger, isNumeric, numberText, parts } from '../fhirpath/decimal.ts';
import { systemNameOf, type StaticType } from '../fhirpath/staticType.ts';
import { jsonOf, textOf, type Value } from '../fhirpath/value.ts';
import { canonicalJson } from '../base/json.ts';

/**
 * What a column holds in a table. `decimal` is exact: what does not fit its digits is refused, and
 * not rounded. `date` and `timestamp` are only what a view asks for by `ansi/type`, since dates of
 * FHIR may be partial; else they are texts as they were written.
 */
export type ColumnKind =
  | { kind: 'boolean' | 'integer' | 'bigint' | 'double' | 'text' | 'date' | 'timestamp' }
  | { kind: 'decimal'; precision: number; scale: number };

/** FHIR numbers have at most 18 digits that count (R4 §2.24.0.1): any of them fits. */
const anyDecimal: ColumnKind = { kind: 'decimal', precision: 38, scale: 18 };

const hinted: Readonly<Record<string, ColumnKind>> = {
  boolean: { kind: 'boolean' },
  integer: { kind: 'integer' },
  positiveInt: { kind: 'integer' },
  unsignedInt: { kind: 'integer' },
  integer64: { kind: 'bigint' },
  decimal: anyDecimal,
};
const inferred: Readonly<Partial<Record<string, ColumnKind>>> = {
  Boolean: { kind: 'boolean' },
  Integer: { kind: 'integer' },
  Decimal: anyDecimal,
};

/** @param hint the `type` of the column: the name of a FHIR type, or its canonical */
export function columnKind(hint: string | undefined, type: StaticType): ColumnKind {
  if (hint !== undefined) {
    const name = hint.replace(
      /^http:\/\/hl7\.org\/fhir(path)?\/(StructureDefinition\/|System\.)?/,
      '',
    );
    return hinted[name] ?? inferred[name] ?? { kind: 'text' };
  }
  return inferred[systemNameOf(type) ?? ''] ?? { kind: 'text' };
}

/** The column of a SQL type, as the tag `ansi/type` names it; `undefined` where it is not known. */
export function columnKindOfSql(written: string): ColumnKind | undefined {
  const text = written.trim().toUpperCase();
  const decimal = /^(?:DEC|DECIMAL|NUMERIC)(?:\s*\(\s*(\d+)\s*(?:,\s*(\d+)\s*)?\))?$/.exec(text);
  if (decimal !== null) {
    const precision = Number(decimal[1] ?? 38);
    const scale = Number(decimal[2] ?? (decimal[1] === undefined ? 18 : 0));
    return precision > 38 || scale > precision ? undefined : { kind: 'decimal', precision, scale };
  }
  if (/^BOOLEAN$/.test(text)) return { kind: 'boolean' };
  if (/^(SMALLINT|INT|INTEGER)$/.test(text)) return { kind: 'integer' };
  if (/^BIGINT$/.test(text)) return { kind: 'bigint' };
  if (/^(REAL|DOUBLE|DOUBLE PRECISION|FLOAT(\s*\(\d+\))?)$/.test(text)) return { kind: 'double' };
  if (/^(CHAR|CHARACTER|VARCHAR|CHARACTER VARYING|TEXT|CLOB)\b/.test(text)) return { kind: 'text' };
  if (/^DATE$/.test(text)) return { kind: 'date' };
  return /^TIMESTAMP\b/.test(text) ? { kind: 'timestamp' } : undefined;
}

/** A value as a cell holds it: a text with all its digits for every number that is no integer. */
export type Cell = string | boolean | number | null;

const most32 = 2 ** 31;

/** What makes a cell of a value; it gives `undefined` for one that the column cannot hold. */
export function cellOf(type: ColumnKind): (value: Value) => Cell | undefined {
  switch (type.kind) {
    case 'boolean':
      return (value) => (typeof value === 'boolean' ? value : undefined);
    case 'integer':
      return (value) => {
        const number = wholeNumber(value);
        return number !== undefined && number >= -most32 && number < most32 ? number : undefined;
      };
    case 'bigint':
      return (value) => wholeText(value);
    case 'double':
      return (value) => (isNumeric(value) ? Number(numberText(value)) : undefined);
    case 'decimal':
      return (value) => decimalText(value, type);
    case 'text':
      return textCell;
    case 'date':
      return (value) => matching(value, /^\d{4}-\d\d-\d\d$/);
    case 'timestamp':
      return (value) =>
        matching(value, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/);
  }
}

function wholeNumber(value: Value): number | undefined {
  if (typeof value === 'number') return Number.isInteger(value) ? value : undefined;
  const text = wholeText(value);
  return text === undefined ? undefined : Number(text);
}

function wholeText(value: Value): string | undefined {
  if (typeof value === 'string') return /^-?\d{1,18}$/.test(value) ? value : undefined;
  if (!isNumeric(value) || !isInteger(value)) return undefined;
  const text = numberText(value);
  return /^-?\d{1,18}$/.test(text) ? text : undefined;
}

/** Digits as they were written, where the column has room for them. */
function decimalText(value: Value, type: ColumnKind & { kind: 'decimal' }): string | undefined {
  if (!isNumeric(value)) return undefined;
  const text = numberText(value);
  const plain = /^-?(\d+)(?:\.(\d+))?$/.exec(text);
  if (plain !== null) {
    const [, whole = '', fraction = ''] = plain;
    const fits = fraction.length <= type.scale && whole.length <= type.precision - type.scale;
    return fits ? text : undefined;
  }
  const { coefficient, scale } = parts(value);
  const negative = coefficient < 0n;
  const digits = String(negative ? -coefficient : coefficient).padStart(scale + 1, '0');
  const whole = digits.length - scale;
  if (scale > type.scale || whole > type.precision - type.scale) return undefined;
  const fraction = scale === 0 ? '' : `.${digits.slice(whole)}`;
  return `${negative ? '-' : ''}${digits.slice(0, whole)}${fraction}`;
}

function textCell(value: Value): string {
  if (typeof value === 'string') return value;
  return textOf(value) ?? canonicalJson(jsonOf(value) as Json);
}

function matching(value: Value, pattern: RegExp): string | undefined {
  const text = typeof value === 'string' ? value : textOf(value);
  return text !== undefined && pattern.test(text) ? text : undefined;
}

/** A cell as JSON. */
export function cellJson(cell: Cell, { kind }: ColumnKind): string {
  if (cell === null) return 'null';
  const isNumber = kind === 'decimal' || kind === 'bigint';
  return isNumber && typeof cell === 'string' ? new JsonNumber(cell).text : JSON.stringify(cell);
}
