import * as path from 'node:path/posix';
import type { Import, SourceFile } from './sourceFile.ts';

/** The files that tidy judges, by path, and the arrows between them. */
export class House {
  readonly files: ReadonlyMap<string, SourceFile>;
  readonly #neighbours = new Map<SourceFile, SourceFile[]>();

  constructor(files: readonly SourceFile[]) {
    this.files = new Map(files.map((file) => [file.path, file]));
  }

  /** Where an import leads inside the checkout; nothing for packages and `node:` modules. */
  pathOf(from: SourceFile, { specifier }: Import): string | undefined {
    if (!specifier.startsWith('.')) return undefined;
    return path.join(path.dirname(from.path), specifier);
  }

  /** The files that `file` imports, types included. */
  neighbours(file: SourceFile): SourceFile[] {
    const known = this.#neighbours.get(file);
    if (known !== undefined) return known;
    const found = file.imports.flatMap(
      (each) => this.files.get(this.pathOf(file, each) ?? '') ?? [],
    );
    this.#neighbours.set(file, found);
    return found;
  }

  /** Every file that can be reached from `starts`, which are among them. */
  reach(starts: readonly SourceFile[]): Set<SourceFile> {
    const reached = new Set(starts);
    for (const file of reached) for (const next of this.neighbours(file)) reached.add(next);
    return reached;
  }

  matching(pattern: RegExp): SourceFile[] {
    return [...this.files.values()].filter((file) => pattern.test(file.path));
  }
}

/** The folder of `engine/src` that a file lives in: `run` for `engine/src/run/phases/map.ts`. */
export function folderOf(place: string): string | undefined {
  return /^engine\/src\/([^/]+)\//.exec(place)?.[1];
}

/** A test, or what only tests use: `testing.ts`, a conformance suite. */
export function isForTests(place: string): boolean {
  return /\.test\.ts$|\/testing\.ts$|[cC]onformance|^engine\/test\//.test(place);
}

/** What a process starts with, or the compiler reads: these need nobody to import them. */
export function isEntry(place: string): boolean {
  return /^engine\/src\/cli\/main\.ts$|\.(test|d)\.ts$|^(engine\/(measure|bench|test)|scripts)\//.test(
    place,
  );
}
