/** Text that is safe to place in a page: {@link html} alone makes it, so nothing is unescaped. */
export interface Markup {
  readonly markup: string;
}

/** What a template takes: a string is escaped, markup is kept, `undefined` leaves nothing. */
export type Part = string | Markup | undefined | readonly Part[];

/**
 * A template of a page. Every string that is put into it is escaped for text and for quoted
 * attributes. Numbers are refused by their type: {@link count} says how they are written. The
 * indentation of the template stays behind in the source.
 */
export function html(template: TemplateStringsArray, ...parts: readonly Part[]): Markup {
  const [first = '', ...rest] = template.map((text) => text.replace(/\n\s+/g, '\n'));
  const pieces = parts.map((part, at) => render(part) + (rest[at] ?? ''));
  return { markup: first + pieces.join('') };
}

function render(part: Part): string {
  if (part === undefined) return '';
  if (typeof part === 'string') return escape(part);
  if ('markup' in part) return part.markup;
  return part.map(render).join('');
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/**
 * Escaped text. Characters that HTML refuses, and those that turn the direction of the text that
 * follows, become U+FFFD: a name from a source cannot rearrange the report that tells of it.
 */
function escape(text: string): string {
  return text
    .toWellFormed()
    .replace(refusedCharacters, '\uFFFD')
    .replace(/[&<>"']/g, (found) => entities[found] ?? '');
}

const refusedCharacters =
  /[^\P{Cc}\t\n\r]|[\u{FDD0}-\u{FDEF}\u{200E}\u{200F}\u{202A}-\u{202E}\u{2066}-\u{2069}]/gu;

/** A whole number in groups of three: `1,234,567`. */
export function count(number: number): string {
  const digits = String(Math.abs(number)).replace(/\B(?=(\d{3})+$)/g, ',');
  return number < 0 ? `\u2212${digits}` : digits;
}

/** A count with its noun: `1 row`, `2,000 rows`. */
export function counted(number: number, one: string, many = `${one}s`): string {
  return `${count(number)} ${number === 1 ? one : many}`;
}

/** A name, path or digest: letters of one width, with places where a long one may be broken. */
export function code(text: string): Markup {
  const pieces = text.split(/(?<=[._/:-])(?=[^._/:-])/);
  const breakable = pieces.map((piece, at) => (at === 0 ? piece : html`<wbr />${piece}`));
  return html`<code>${breakable}</code>`;
}

/** A column of numbers added up. */
export function total<Line>(lines: readonly Line[], of: (line: Line) => number): number {
  return lines.reduce((sum, line) => sum + of(line), 0);
}
