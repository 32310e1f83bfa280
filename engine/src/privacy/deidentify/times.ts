/** A FHIR `date`, `dateTime` or `instant`, or a timestamp of a database. */
const form =
  /^(\d{4})(?:-(\d\d)(?:-(\d\d)(?:([T ])(\d\d:\d\d(?::\d\d(?:\.\d+)?)?)(Z|[+-]\d\d(?::?\d\d)?)?)?)?)?$/;

/** Whether a text is a date with or without a time, as FHIR and databases write them. */
export function isTime(text: string): boolean {
  return form.test(text);
}

/** The year of a time; undefined for what is none. */
export function yearOf(text: string): string | undefined {
  return form.exec(text)?.[1];
}

/**
 * A time moved by days, in the precision it was written in; undefined for what is none. A month or
 * a year is moved from its middle, so that it stays where its days would be.
 */
export function shifted(text: string, days: number): string | undefined {
  const match = form.exec(text);
  if (!match) return undefined;
  const [, year = '', month, day] = match;
  const moved = new Date(
    Date.UTC(Number(year), month ? Number(month) - 1 : 6, day ? Number(day) : 15),
  );
  moved.setUTCDate(moved.getUTCDate() + days);
  const written = moved.toISOString().slice(0, 10);
  if (day) return written + text.slice(10);
  return month ? written.slice(0, 7) : written.slice(0, 4);
}

/** Whole years from one day to another, both `YYYY-MM-DD` or shorter. */
export function yearsBetween(from: string, to: string): number {
  const years = Number(to.slice(0, 4)) - Number(from.slice(0, 4));
  const before = from.length >= 10 && to.slice(5, 10) < from.slice(5, 10);
  return before ? years - 1 : years;
}
