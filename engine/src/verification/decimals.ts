/**
 * Whether two decimal texts (JSON numbers, exponents to nine digits) stand for the same number,
 * whatever their digits. Exact: a double would make two 20-digit identifiers equal.
 */
export function sameNumber(one: string, other: string): boolean {
  const left = parts(one);
  const right = parts(other);
  if (left === undefined || right === undefined) return false;
  return left.sign === right.sign && left.digits === right.digits && left.power === right.power;
}

/** A number as ± 0.digits × 10^power with neither leading nor trailing zeros in `digits`. */
function parts(text: string): { sign: string; digits: string; power: number } | undefined {
  const match = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d{1,9}))?$/.exec(text);
  if (match === null) return undefined;
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = match;
  const all = whole + fraction;
  let start = 0;
  let end = all.length;
  while (start < end && all[start] === '0') start++;
  while (end > start && all[end - 1] === '0') end--;
  if (start === end) return { sign: '', digits: '', power: 0 };
  return { sign, digits: all.slice(start, end), power: Number(exponent) + whole.length - start };
}
