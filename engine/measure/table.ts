type Row = Readonly<Record<string, unknown>>;

/** How many causes, and examples of each, a table shows. */
const mostCauses = 30;
const mostExamples = 3;

/**
 * The result of a measure for people: its figures, then each of its lists as a table, `misses`
 * grouped by cause (the first of `cause`, `code`, `group` that they have).
 */
export function linesOf(result: object): string[] {
  const members = Object.entries(result);
  const width = Math.max(0, ...members.map(([name]) => name.length));
  const figures = members
    .filter(([, value]) => !isRows(value))
    .map(([name, value]) => `${name.padEnd(width)}  ${shown(value)}`);
  const lists = members.flatMap(([name, value]) => {
    if (!isRows(value) || value.length === 0) return [];
    return ['', name, ...(name === 'misses' ? causeLines(value) : tableLines(value))];
  });
  return [...figures, ...lists];
}

function isRows(value: unknown): value is readonly Row[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'object' && item !== null);
}

function causeLines(misses: readonly Row[]): string[] {
  const causes = Map.groupBy(misses, causeOf);
  const sorted = [...causes].toSorted(([, a], [, b]) => b.length - a.length);
  const lines = sorted
    .slice(0, mostCauses)
    .flatMap(([cause, all]) => [
      `  ${all.length.toLocaleString('en-US').padStart(8)}  ${cause}`,
      ...all.slice(0, mostExamples).map((miss) => `            ${exampleOf(miss)}`),
    ]);
  const more = sorted.length - mostCauses;
  return more > 0 ? [...lines, `  and ${more} more causes`] : lines;
}

const causeNames = ['cause', 'code', 'group'];

function causeOf(miss: Row): string {
  const name = causeNames.find((each) => miss[each] !== undefined);
  return name === undefined ? 'miss' : shown(miss[name]);
}

function exampleOf(miss: Row): string {
  return Object.entries(miss)
    .filter(([name]) => !causeNames.includes(name))
    .map(([name, value]) => `${name} ${shown(value)}`)
    .join(', ');
}

/** Columns under headings, numbers to the right. */
export function tableLines(rows: readonly Row[]): string[] {
  const headings = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const columns = headings.map((heading) => {
    const cells = rows.map((row) => shown(row[heading]));
    const width = Math.max(heading.length, ...cells.map(({ length }) => length));
    const numeric = rows.every((row) => typeof row[heading] === 'number');
    const fit = (cell: string): string => (numeric ? cell.padStart(width) : cell.padEnd(width));
    return [heading, ...cells].map(fit);
  });
  return [-1, ...rows.keys()].map((at) =>
    `  ${columns.map((cells) => cells[at + 1]).join('  ')}`.trimEnd(),
  );
}

function shown(value: unknown): string {
  if (typeof value === 'number') {
    return value.toLocaleString('en-US', { maximumSignificantDigits: value < 100 ? 3 : 21 });
  }
  if (typeof value === 'string') return value;
  return value === undefined ? '' : JSON.stringify(value);
}
