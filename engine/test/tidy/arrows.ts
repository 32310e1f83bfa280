import { floors, independent } from './floors.ts';
import { folderOf, isForTests } from './house.ts';
import type { House } from './house.ts';
import type { Import, SourceFile, Violation } from './sourceFile.ts';

/** Imports run down only, and not sideways; a test may use its neighbours, never what is above. */
export function floorViolations(house: House): Violation[] {
  return [...house.files.values()].flatMap((file) => {
    const folder = folderOf(file.path);
    if (folder === undefined) return [];
    if (floorOf(folder) === undefined) return [strange(file, folder)];
    return file.imports.flatMap((each) => {
      const why = wrongWay(folder, folderOf(house.pathOf(file, each) ?? ''), file);
      return why === undefined ? [] : [at(file, each, why)];
    });
  });
}

function wrongWay(from: string, to: string | undefined, file: SourceFile): string | undefined {
  const [own, other] = [floorOf(from), floorOf(to ?? '')];
  if (to === undefined || to === from || own === undefined || other === undefined) return undefined;
  if (other > own) return `${from} (floor ${own}) must not know ${to} (floor ${other})`;
  if (other < own || isForTests(file.path)) return undefined;
  return `${from} and ${to} are neighbours on floor ${own}`;
}

/** Floors count from 1. */
function floorOf(folder: string): number | undefined {
  const index = floors.findIndex((floor) => floor.includes(folder));
  return index === -1 ? undefined : index + 1;
}

function strange(file: SourceFile, folder: string): Violation {
  const why = 'every folder of engine/src has a floor in engine/test/tidy/floors.ts';
  return { path: file.path, line: 1, what: `stands in ${folder}, which has no floor`, why };
}

function at(file: SourceFile, { specifier, line }: Import, why: string): Violation {
  return { path: file.path, line, what: `imports ${specifier}`, why };
}

/** An import of a file that is not there. */
export function brokenImports(house: House): Violation[] {
  return [...house.files.values()].flatMap((file) =>
    file.imports.flatMap((each) => {
      const path = house.pathOf(file, each);
      if (path === undefined || !path.endsWith('.ts') || house.files.has(path)) return [];
      return [at(file, each, 'no such file')];
    }),
  );
}

/** Files that import each other in a circle, types included; one violation for each knot of them. */
export function circles(house: House): Violation[] {
  const files = [...house.files.values()];
  const reached = new Map(files.map((file) => [file, house.reach(house.neighbours(file))]));
  const seen = new Set<SourceFile>();
  return files.flatMap((file) => {
    const knot = [...(reached.get(file) ?? [])].filter((other) => reached.get(other)?.has(file));
    if (seen.has(file) || !knot.includes(file)) return [];
    for (const other of knot) seen.add(other);
    const what = `stands in a circle: ${knot.map((other) => other.path).join(', ')}`;
    return [{ path: file.path, line: 1, what, why: 'none of them can be read or tested alone' }];
  });
}

/** Files that nothing starts and nothing imports. */
export function deadFiles(house: House, isEntry: (path: string) => boolean): Violation[] {
  const files = [...house.files.values()];
  const alive = house.reach(files.filter((file) => isEntry(file.path)));
  return files
    .filter((file) => !alive.has(file))
    .map(({ path }) => ({
      path,
      line: 1,
      what: 'is dead',
      why: 'neither the CLI nor a test, measure, bench or script reaches it',
    }));
}

/** Whatever the facts reach must not be the mapping's. */
export function dependentFacts(house: House): Violation[] {
  return house
    .matching(independent.files)
    .filter((file) => !isForTests(file.path))
    .flatMap((file) =>
      [...house.reach([file])]
        .filter((other) => independent.mustNotReach.test(other.path))
        .map((other) => ({
          path: file.path,
          line: 1,
          what: `reaches ${other.path}`,
          why: 'facts share no code with the mapping that they judge',
        })),
    );
}

/** The console knows the contract and nothing else of the engine. */
export function consoleBeyondContract(console: House): Violation[] {
  return [...console.files.values()].flatMap((file) =>
    file.imports.flatMap((each) => {
      const path = console.pathOf(file, each);
      if (path === undefined || /^(console\/src|engine\/src\/contract)\//.test(path)) return [];
      return [at(file, each, 'the console imports engine/src/contract and nothing else')];
    }),
  );
}
