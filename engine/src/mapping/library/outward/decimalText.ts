/** A decimal without exponent (`1.5e3` is `1500`), its digits kept; a hostile exponent stays as it is. */
export function plainDecimal(own: string): string {
  const found = /^(-?)(\d+)(?:\.(\d*))?[eE]([+-]?\d{1,3})$/.exec(own);
  if (found === null) return own;
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = found;
  const digits = whole + fraction;
  const point = whole.length + Number(exponent);
  const left = point <= 0 ? '0' : digits.slice(0, point).padEnd(point, '0');
  const right = point <= 0 ? '0'.repeat(-point) + digits : digits.slice(point);
  const plain = left.replace(/^0+(?=\d)/, '');
  return `${sign}${plain}${right === '' ? '' : `.${right}`}`;
}
