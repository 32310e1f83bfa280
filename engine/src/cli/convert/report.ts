import { counted, several, table, type Output } from '../output.ts';
import type { ConvertedDocument } from './reader.ts';

/** Places of refused documents that are told one by one. */
const mostPlaces = 1000;

/** What was converted, and what was not: counts and paths, no value. */
export class ConvertReport {
  documents = 0;
  refused = 0;
  #resources = 0;
  readonly #unread = new Map<string, number>();
  readonly #issues = new Map<string, number>();
  readonly #places: { file: string; offset: number; reason: string }[] = [];

  add(file: string, { offset, resources, unread, issues, refused }: ConvertedDocument): void {
    this.documents++;
    this.#resources += resources.length;
    for (const place of unread) count(this.#unread, place);
    for (const issue of issues) count(this.#issues, `${issue.code} ${issue.path}`);
    if (refused === undefined) return;
    this.refused++;
    if (this.#places.length < mostPlaces) this.#places.push({ file, offset, reason: refused });
  }

  /** What another one was told counts here. */
  merge(other: ConvertReport): void {
    this.documents += other.documents;
    this.refused += other.refused;
    this.#resources += other.#resources;
    for (const [place, documents] of other.#unread) count(this.#unread, place, documents);
    for (const [issue, documents] of other.#issues) count(this.#issues, issue, documents);
    this.#places.push(...other.#places.slice(0, mostPlaces - this.#places.length));
  }

  tell(output: Output, files: number): void {
    const unread = ranked(this.#unread).map(([place, documents]) => ({ path: place, documents }));
    const issues = ranked(this.#issues).map(([key, documents]) => {
      const [code = '', place = ''] = key.split(' ');
      return { code, path: place, documents };
    });
    const counts = {
      files,
      documents: this.documents,
      refused: this.refused,
      resources: this.#resources,
    };
    output.data(
      { format: 'handover-convert/1', ...counts, unread, issues, places: this.#places },
      () => [
        `${several(this.documents, 'document')} of ${several(files, 'file')}: ${counted(this.#resources)} resources, ${counted(this.refused)} refused`,
        ...this.#places.map(({ file, offset, reason }) => `  ${file} at byte ${offset}: ${reason}`),
        ...section(
          'Issues',
          ['code', 'path', 'documents'],
          issues.map((each) => [each.code, each.path, each.documents]),
        ),
        ...section(
          'Not read by any rule',
          ['path', 'documents'],
          unread.map((each) => [each.path, each.documents]),
        ),
      ],
    );
  }
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
