import { globSync, readFileSync } from 'node:fs';
import * as path from 'node:path';
import type { Page } from './documents.ts';
import { House } from './house.ts';
import { parseSource } from './sourceFile.ts';

export const root = path.resolve(import.meta.dirname, '../../..');

const left = new Set(['node_modules', 'dist', '.git', '.handover', '.cache']);

/** Paths in the checkout that match, with forward slashes, in order. */
export function paths(pattern: string): string[] {
  const found = globSync(pattern, { cwd: root, exclude: (name) => left.has(path.basename(name)) });
  return found.map((name) => name.replaceAll(path.sep, '/')).toSorted();
}

export function read(place: string): string {
  return readFileSync(path.join(root, place), 'utf8');
}

export function readHouse(): House {
  const places = paths('{engine,scripts}/**/*.ts');
  return new House(places.map((place) => parseSource(place, read(place))));
}

/** The console's files, which stand outside the floors. */
export function readConsole(): House {
  const places = paths('console/src/**/*.{ts,tsx}');
  return new House(places.map((place) => parseSource(place, read(place))));
}

export function readPages(): Page[] {
  return paths('{*.md,{docs,engine,console,scripts}/**/*.md}').map((place) => ({
    path: place,
    text: read(place),
  }));
}
