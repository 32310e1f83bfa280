import { tag, type Markup } from '../../../formats/xml/writer.ts';
import type { Expected } from '../../table.ts';
import { versions, type Style } from './style.ts';

/** One thing that a section tells: a line of its narrative, and the entry that says the same. */
export interface Line {
  cells: readonly (string | null)[];
  /** `reference` leads to the line: `#allergies1`. */
  entry: (style: Style, reference: string) => Markup;
  makes: Readonly<Record<string, number>>;
  tells: readonly Expected[];
}

export interface SectionKind {
  /** LOINC. */
  code: string;
  title: string;
  template: string;
  version: string;
  columns: readonly string[];
}

/** A section with its narrative, each line of it linked from its entry. */
export function writeSection(style: Style, kind: SectionKind, lines: readonly Line[]): Markup {
  const { code, title, template, version, columns } = kind;
  const name = title.toLowerCase().replaceAll(/[^a-z]/g, '');
  const rows = lines.map(({ cells }, at) =>
    tag(
      'tr',
      { ID: `${name}${at + 1}` },
      cells.map((cell) => tag('td', {}, cell ?? '')),
    ),
  );
  const heads = tag(
    'tr',
    {},
    columns.map((column) => tag('th', {}, column)),
  );
  const table = tag('table', { border: '1' }, tag('thead', {}, heads), tag('tbody', {}, rows));
  const entries = lines.map(({ entry }, at) =>
    tag('entry', { typeCode: 'DRIV' }, entry(style, `#${name}${at + 1}`)),
  );
  const section = tag(
    'section',
    // A section that nobody filled says so; none known is another thing, and has an entry.
    { nullFlavor: lines.length === 0 && style === 'R2.1' ? 'NI' : undefined },
    versions(style, template, version),
    tag('code', { code, codeSystem: '2.16.840.1.113883.6.1', displayName: title }),
    tag('title', {}, title),
    tag('text', {}, lines.length === 0 ? 'No information' : table),
    entries,
  );
  return tag('component', {}, section);
}

/** A section of words alone. */
export function writeWords(
  style: Style,
  { code, title, template, version }: Omit<SectionKind, 'columns'>,
  words: string,
): Markup {
  const section = tag(
    'section',
    {},
    versions(style, template, version),
    tag('code', { code, codeSystem: '2.16.840.1.113883.6.1', displayName: title }),
    tag('title', {}, title),
    tag('text', {}, tag('paragraph', {}, words)),
  );
  return tag('component', {}, section);
}
