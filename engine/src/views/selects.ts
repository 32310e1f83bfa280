import type { Code } from '../fhirpath/code.ts';
import { compilePath } from '../fhirpath/compile.ts';
import type { Environment } from '../fhirpath/environment.ts';
import { ExpressionError } from '../fhirpath/expressionError.ts';
import { boxing, type Item } from '../fhirpath/item.ts';
import { anyType, isSame, type StaticType } from '../fhirpath/staticType.ts';
import { columnKind, columnKindOfSql, type ColumnKind } from './columnType.ts';
import type { ColumnDefinition, PathDefinition, SelectDefinition } from './definition.ts';
import type { ViewProblems } from './problems.ts';
import {
  crossed,
  eachItem,
  eachItemOrNull,
  inTurn,
  writeColumn,
  type Next,
  type Step,
  type ViewState,
} from './steps.ts';

/** A column of the rows that a view yields. */
export interface ViewColumn {
  name: string;
  /** The FHIR type that the view names, or what its path tells. */
  type: ColumnKind;
  collection: boolean;
  /** Where the view has it. */
  place: string;
}

/** A select, ready to be joined with what follows it. */
interface Part {
  /** Names of its columns with their places, in order. */
  columns: readonly { name: string; place: string; collection: boolean }[];
  make: (next: Next) => Step;
}

type Items = (focus: Item, state: ViewState) => readonly Item[];

/** Compiles selects; columns are numbered as the rows have them. */
export class SelectCompiler {
  readonly columns: ViewColumn[] = [];
  levels = 0;
  readonly #strict: Environment;
  readonly #lenient: Environment;
  readonly #problems: ViewProblems;

  constructor(resource: string, environment: Omit<Environment, 'input'>, problems: ViewProblems) {
    this.#strict = { ...environment, input: { kind: 'fhir', type: resource } };
    this.#lenient = { ...environment, input: { kind: 'fhir', type: resource, lenient: true } };
    this.#problems = problems;
  }

  /** A path, `undefined` where it has a mistake; an element that is not there is only warned of. */
  path({ path, place }: PathDefinition, focus?: StaticType): Code | undefined {
    try {
      return compilePath(path, this.#strict, focus);
    } catch (error) {
      if (!(error instanceof ExpressionError)) throw error;
      if (error.code !== 'unknown-name') {
        this.#problems.expression(place, error);
        return undefined;
      }
      return this.#lenientPath(path, place, error, focus);
    }
  }

  /** Elements that R4 does not have yield nothing, as in FHIRPath without types; names still fail. */
  #lenientPath(
    path: string,
    place: string,
    strict: ExpressionError,
    focus: StaticType | undefined,
  ): Code | undefined {
    try {
      const code = compilePath(path, this.#lenient, focus);
      this.#problems.warn(place, strict.message);
      return code;
    } catch (error) {
      this.#problems.expression(place, error);
      return undefined;
    }
  }

  /** Selects beside each other. @param start number of their first column */
  list(selects: readonly SelectDefinition[], focus: StaticType, start: number): Part {
    const level = this.levels++;
    const parts: Part[] = [];
    let at = start;
    for (const select of selects) {
      const part = this.#select(select, focus, at);
      at += part.columns.length;
      parts.push(part);
    }
    const columns = parts.flatMap((part) => part.columns);
    return {
      columns,
      make: (next) =>
        crossed(
          parts.map(({ make }) => make),
          level,
          next,
        ),
    };
  }

  #select(select: SelectDefinition, focus: StaticType, start: number): Part {
    const iteration = this.#iteration(select, focus);
    const inner = iteration?.type ?? focus;
    const own = select.columns.map((column, at) => this.#column(column, inner, start + at));
    const nested = this.list(select.selects, inner, start + own.length);
    const union = this.#union(select, inner, start + own.length + nested.columns.length);
    const level = this.levels++;
    const columns = [...select.columns, ...nested.columns, ...(union?.columns ?? [])];
    const makers = union === undefined ? [nested.make] : [nested.make, union.make];
    const writers = own.map(({ write }) => write);
    const make = (next: Next): Step => {
      const rest = select.selects.length === 0 ? makers.slice(1) : makers;
      const body = inTurn(writers, crossed(rest, level, next));
      if (iteration === undefined) return body;
      if (select.iteration?.kind !== 'eachOrNull') return eachItem(iteration.items, body);
      return eachItemOrNull(
        iteration.items,
        body,
        nullRow(
          start,
          columns.length,
          own.flatMap(({ ofNothing }) => ofNothing ?? []),
          next,
        ),
      );
    };
    if (columns.length === 0) this.#problems.add(select.place, 'has no column');
    return { columns, make };
  }

  #column(
    column: ColumnDefinition,
    focus: StaticType,
    at: number,
  ): { write: Step; ofNothing: Step | undefined } {
    const { name, place, collection, sqlType } = column;
    const code = this.path({ path: column.path, place: `${place}.path` }, focus);
    const asked = sqlType === undefined ? undefined : columnKindOfSql(sqlType);
    if (sqlType !== undefined && asked === undefined) {
      this.#problems.add(`${place}.tag`, 'ansi/type names a type that is not known here');
    }
    const type = asked ?? columnKind(column.type, code?.type ?? anyType);
    this.columns[at] = { name, type, collection, place };
    const write = code === undefined ? () => undefined : writeColumn(code, at, collection);
    return { write, ofNothing: column.path.includes('%rowIndex') ? write : undefined };
  }

  #union(select: SelectDefinition, focus: StaticType, start: number): Part | undefined {
    if (select.unionAll.length === 0) return undefined;
    const parts = select.unionAll.map((each) => {
      const before = this.columns.slice(start);
      const part = this.#select(each, focus, start);
      for (const [at, column] of before.entries()) this.columns[start + at] = column;
      return part;
    });
    const [first] = parts as [Part];
    for (const [at, part] of parts.entries()) {
      const same =
        part.columns.length === first.columns.length &&
        part.columns.every(
          ({ name, collection }, index) =>
            name === first.columns[index]?.name && collection === first.columns[index]?.collection,
        );
      if (!same) {
        const problem =
          'does not have the same columns in the same order as the first of the union';
        this.#problems.add(`${select.place}.unionAll[${at}]`, problem);
      }
    }
    const make = (next: Next): Step => {
      const steps = parts.map((part) => part.make(next));
      return (item, state) => {
        for (const step of steps) step(item, state);
      };
    };
    return { columns: first.columns, make };
  }

  #iteration(
    { iteration }: SelectDefinition,
    focus: StaticType,
  ): { type: StaticType; items: Items } | undefined {
    if (iteration === undefined) return undefined;
    if (iteration.kind === 'repeat') return this.#repeat(iteration.paths, focus);
    const [path] = iteration.paths;
    const code = path === undefined ? undefined : this.path(path, focus);
    if (code === undefined) return { type: anyType, items: () => [] };
    const { many } = code;
    return { type: code.type, items: (item, state) => many(item, state.frame) };
  }

  /** Items that paths lead to, and those that they lead to from there, each before its own. */
  #repeat(paths: readonly PathDefinition[], focus: StaticType): { type: StaticType; items: Items } {
    const first = paths.flatMap((path) => this.path(path, focus) ?? []);
    const type = this.#steadyType(paths, first) ?? anyType;
    const begin = type === anyType ? first.map(boxedMany) : first.map(({ many }) => many);
    const within = paths.flatMap((path) => this.#quiet(path, type) ?? []);
    const further = type === anyType ? within.map(boxedMany) : within.map(({ many }) => many);
    const items: Items = (item, { frame }) => {
      const found: Item[] = [];
      const visit = (from: Item, reads: readonly Code['many'][]): void => {
        for (const read of reads) {
          for (const child of read(from, frame)) {
            found.push(child);
            visit(child, further);
          }
        }
      };
      visit(item, begin);
      return found;
    };
    return { type, items };
  }

  /** The one type that all paths lead to, however often they are followed. */
  #steadyType(paths: readonly PathDefinition[], first: readonly Code[]): StaticType | undefined {
    const types = first.map((code) => code.type).filter(({ kind }) => kind !== 'empty');
    const [type] = types;
    if (type?.kind !== 'fhir' || !types.every((each) => isSame(each, type))) return undefined;
    const again = paths.map((path) => this.#quiet(path, type)?.type);
    const holds = again.every(
      (each) => each !== undefined && (each.kind === 'empty' || isSame(each, type)),
    );
    return holds ? type : undefined;
  }

  /** A path that was judged already. */
  #quiet({ path }: PathDefinition, focus: StaticType): Code | undefined {
    try {
      return compilePath(path, this.#lenient, focus);
    } catch (error) {
      if (!(error instanceof ExpressionError)) throw error;
      return undefined;
    }
  }
}

function boxedMany({ many, type }: Code): Code['many'] {
  const wrap = boxing(type);
  return wrap === undefined ? many : (focus, frame) => many(focus, frame).map(wrap);
}

/** Columns without a value; those that ask for the row's number have it none the less. */
function nullRow(start: number, count: number, writers: readonly Step[], next: Next): Next {
  return (state) => {
    for (let at = start; at < start + count; at++) state.row[at] = undefined;
    for (const write of writers) write(nothing, state);
    next(state);
  };
}

/** Paths find no element in it. */
const nothing = undefined as unknown as Item;
