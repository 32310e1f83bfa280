/**
 * Three-digit ZIP areas of at most 20,000 people by the censuses of 2000 and 2010, those of either
 * (45 CFR 164.514(b)(2)(i)(B); guidance of the Office for Civil Rights, 2012).
 */
const sparse = new Set(
  '036 059 063 102 202 203 204 205 369 556 692 753 772 790 821 823 830 831 878 879 884 890 893'.split(
    ' ',
  ),
);

/** The first three digits of a US ZIP code, `000` for sparse areas; undefined for other codes. */
export function zip3(code: string): string | undefined {
  const digits = /^\s*(\d{3})\d{2}(?:-?\d{4})?\s*$/.exec(code)?.[1];
  if (digits === undefined) return undefined;
  return sparse.has(digits) ? '000' : digits;
}
