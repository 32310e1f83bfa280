import * as path from 'node:path/posix';
import type { Violation } from './sourceFile.ts';

/** One Markdown page. `path` counts from the root of the checkout. */
export interface Page {
  path: string;
  text: string;
}

/** Links that lead to no file, or to no heading of it. `exists` answers for the checkout. */
export function brokenLinks(
  pages: readonly Page[],
  exists: (path: string) => boolean,
): Violation[] {
  const byPath = new Map(pages.map((page) => [page.path, page]));
  return pages.flatMap((page) =>
    [...linksOf(page)].flatMap(({ line, address }) => {
      const [file = '', heading] = address.split('#');
      const place = file === '' ? page.path : path.join(path.dirname(page.path), file);
      const what = `links to ${address}`;
      if (!exists(place)) return [{ path: page.path, line, what, why: 'no such file' }];
      const target = byPath.get(place);
      if (heading === undefined || target === undefined) return [];
      if (anchorsOf(target).has(heading)) return [];
      return [{ path: page.path, line, what, why: 'no such heading' }];
    }),
  );
}

function* linksOf(page: Page): Generator<{ line: number; address: string }> {
  for (const [index, text] of proseOf(page)) {
    for (const [, address = ''] of text.matchAll(/\]\(([^()\s]+)\)/g)) {
      if (!/^[a-z]+:/.test(address)) yield { line: index + 1, address };
    }
  }
}

/** Lines outside fenced code, each with its index. */
function proseOf(page: Page): [number, string][] {
  let fenced = false;
  return page.text.split('\n').flatMap((text, index): [number, string][] => {
    if (/^\s*(```|~~~)/.test(text)) fenced = !fenced;
    return fenced ? [] : [[index, text]];
  });
}

/** The names GitHub gives a page's headings. */
function anchorsOf(page: Page): Set<string> {
  return new Set(
    proseOf(page).flatMap(([, text]) => {
      const heading = /^#+\s+(.*)$/.exec(text)?.[1];
      if (heading === undefined) return [];
      const words = heading.toLowerCase().replaceAll(/[^\p{L}\p{N}\s_-]/gu, '');
      return [words.trim().replaceAll(/\s/g, '-')];
    }),
  );
}

/** Paths of the checkout that a page names in backticks and that are not there. */
export function brokenPaths(page: Page, exists: (path: string) => boolean): Violation[] {
  return proseOf(page).flatMap(([index, text]) =>
    [...text.matchAll(/`((?:engine|console|scripts|docs|\.ci)\/[\w./-]*)`/g)]
      .map(([, place = '']) => place)
      .filter((place) => !exists(place.replace(/\/$/, '')))
      .map((place) => ({
        path: page.path,
        line: index + 1,
        what: `names ${place}`,
        why: 'no such file or folder',
      })),
  );
}

/** Rows that stand twice in one table: what is left where two changes were joined carelessly. */
export function repeatedRows(page: Page): Violation[] {
  const rows = new Set<string>();
  return proseOf(page).flatMap(([index, text]) => {
    if (!text.startsWith('|')) rows.clear();
    const isRepeated = rows.has(text);
    rows.add(text);
    if (!text.startsWith('|') || !isRepeated) return [];
    const what = `has the row ${/^\|\s*([^|]*?)\s*\|/.exec(text)?.[1] ?? ''} again`;
    return [{ path: page.path, line: index + 1, what, why: 'a table has each row once' }];
  });
}

/** First cells of the rows of a page's tables, without backticks: what the page has a row for. */
export function rowsOf(page: Page): Set<string> {
  return new Set(proseOf(page).flatMap(([, text]) => /^\|\s*`([^`]+)`\s*\|/.exec(text)?.[1] ?? []));
}
