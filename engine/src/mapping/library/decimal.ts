/** A number whose digits are kept as they are written. */
export class Decimal {
  readonly digits: string;

  constructor(digits: string) {
    this.digits = digits;
  }

  /** For `JSON.stringify`: the digits stand in the text as they were written. */
  toJSON(): unknown {
    return (JSON as unknown as { rawJSON(digits: string): unknown }).rawJSON(this.digits);
  }
}

/** A decimal of FHIR, from digits with a sign or a plus that FHIR has not. */
export function decimalOf(written: string): number | Decimal | undefined {
  const trimmed = written.trim();
  const [, sign = '', whole = '', fraction] = /^([+-]?)(\d*)(?:\.(\d*))?$/.exec(trimmed) ?? [];
  if (whole === '' && (fraction ?? '') === '') return undefined;
  const left = whole.replace(/^0+(?=\d)/, '') || '0';
  const digits = `${sign === '-' ? '-' : ''}${left}${fraction ? `.${fraction}` : ''}`;
  const number = Number(digits);
  return String(number) === digits ? number : new Decimal(digits);
}
