import { counted, several, table, type Output } from '../output.ts';
import type { ConvertedDocument } from './reader.ts';
import { refusalLines } from './refusals.ts';

/** Places of refused documents that are told one by one. */
const mostPlaces = 1000;

/**
 * Where something stands that was refused: of a table its line, what could not be made of it, and the
 * columns that this is made of.
 */
export type RefusedPlace =
  { offset: number; line?: number } | { line: number; path?: string; columns?: readonly string[] };

/** What was converted, and what was not: counts and paths, no value. */
export class ConvertReport {
  documents = 0;
  refused = 0;
  #resources = 0;
  /** Messages or documents that were written of resources. */
  #written: number | undefined;
  readonly #unread = new Map<string, number>();
  readonly #issues = new Map<string, number>();
  readonly #excluded = new Map<string, number>();
  readonly #places: ({ file: string; reason: string } & RefusedPlace)[] = [];

  add(file: string, document: ConvertedDocument): void {
    this.#resources += document.resources.length;
    this.read(file, document);
  }

  /** Resources were read to be written as something else. */
  read(file: string, { offset, line, unread, issues, refused }: ConvertedDocument): void {
    this.documents++;
    for (const place of unread) count(this.#unread, place);
    for (const issue of issues) count(this.#issues, `${issue.code} ${issue.path}`);
    if (refused === undefined) return;
    this.refuse(file, line === undefined ? { offset } : { line, offset }, refused);
  }

  /** How many resources came in all, those of bundles one by one. */
  came(resources: number): void {
    this.#written ??= 0;
    this.#resources += resources;
  }

  /** So many documents were written; what nobody wrote, and what is not as it stood. */
  wrote(
    documents: number,
    unread: Iterable<string>,
    issues: Iterable<{ code: string; path: string }>,
  ): void {
    this.#written = (this.#written ?? 0) + documents;
    for (const place of unread) count(this.#unread, place);
    for (const issue of issues) count(this.#issues, `${issue.code} ${issue.path}`);
  }

  /** So many rows of a table were read, and became so many resources. */
  rows(documents: number, resources: number): void {
    this.documents += documents;
    this.#resources += resources;
  }

  /** No rule read what stands there. */
  leave(path: string, documents: number): void {
    count(this.#unread, path, documents);
  }

  note(issue: { code: string; path: string }): void {
    count(this.#issues, `${issue.code} ${issue.path}`);
  }

  /** A row was left out, as its mapping says. */
  exclude(reason: string): void {
    count(this.#excluded, reason);
  }

  /** Whether something was refused, and nothing came of the rest. */
  get isNothing(): boolean {
    return this.refused > 0 && (this.#written ?? this.#resources) === 0;
  }

  refuse(file: string, place: RefusedPlace, reason: string): void {
    this.refused++;
    if (this.#places.length < mostPlaces) this.#places.push({ file, ...place, reason });
  }

  /** What another one was told counts here. */
  merge(other: ConvertReport): void {
    this.documents += other.documents;
    this.refused += other.refused;
    this.#resources += other.#resources;
    for (const [place, documents] of other.#unread) count(this.#unread, place, documents);
    for (const [issue, documents] of other.#issues) count(this.#issues, issue, documents);
    for (const [reason, documents] of other.#excluded) count(this.#excluded, reason, documents);
    this.#places.push(...other.#places.slice(0, mostPlaces - this.#places.length));
  }

  tell(output: Output, files: number): void {
    const unread = ranked(this.#unread).map(([place, documents]) => ({ path: place, documents }));
    const issues = ranked(this.#issues).map(([key, documents]) => {
      const [code = '', place = ''] = key.split(' ');
      return { code, path: place, documents };
    });
    const excluded = ranked(this.#excluded).map(([reason, documents]) => ({ reason, documents }));
    const counts = {
      files,
      documents: this.documents,
      refused: this.refused,
      resources: this.#resources,
      ...(excluded.length > 0 && { excluded }),
      ...(this.#written !== undefined && { written: this.#written }),
    };
    output.data(
      { format: 'handover-convert/1', ...counts, unread, issues, places: this.#places },
      () => [
        this.#headline(files),
        ...this.#places.map(placeLine),
        ...refusalLines(this.#places.map(({ reason }) => reason)),
        ...section(
          'Excluded by the mapping',
          ['reason', 'documents'],
          excluded.map((each) => [each.reason, each.documents]),
        ),
        ...section(
          'Issues',
          ['code', 'path', 'documents'],
          issues.map((each) => [each.code, each.path, each.documents]),
        ),
        ...section(
          this.#written === undefined ? 'Not read by any rule' : 'Not written: no place for it',
          ['path', this.#written === undefined ? 'documents' : 'resources'],
          unread.map((each) => [each.path, each.documents]),
        ),
      ],
    );
  }

  #headline(files: number): string {
    const refused = `${counted(this.refused)} refused`;
    const resources = `${counted(this.#resources)} resources`;
    return this.#written === undefined
      ? `${several(this.documents, 'document')} of ${several(files, 'file')}: ${resources}, ${refused}`
      : `${resources} of ${several(files, 'file')}: ${counted(this.#written)} written, ${refused}`;
  }
}

function placeLine(place: { file: string; reason: string } & RefusedPlace): string {
  const { file, reason } = place;
  if ('offset' in place) return `  ${placeText(file, place)}: ${reason}`;
  const { line, path, columns } = place;
  const of = columns === undefined ? '' : ` (of ${columns.join(', ')})`;
  return `  ${file}:${line}: ${reason}${path === undefined ? '' : ` at ${path}`}${of}`;
}

/** A place in a file, as people read it. */
export function placeText(
  file: string,
  { line, offset }: { line?: number; offset: number },
): string {
  return `${file}${line === undefined ? '' : `:${line}`} at byte ${offset}`;
}

/** Different paths that are counted one by one: more are those of an attack. */
const mostPaths = 20_000;

/** Stands for the paths after so many. */
const others = '(others)';

function count(counts: Map<string, number>, key: string, more = 1): void {
  const own = counts.has(key) || counts.size < mostPaths ? key : others;
  counts.set(own, (counts.get(own) ?? 0) + more);
}

function ranked(counts: ReadonlyMap<string, number>): [string, number][] {
  return [...counts].toSorted(
    ([one, few], [other, many]) => many - few || one.localeCompare(other),
  );
}

function section(
  title: string,
  headings: readonly string[],
  rows: (string | number)[][],
): string[] {
  return rows.length === 0 ? [] : ['', `${title}:`, ...table(headings, rows)];
}
