import { isJsonObject, JsonNumber, type Json, type JsonObject } from '../base/json.ts';
import { ViewProblems } from './problems.ts';

/** A ViewDefinition as it was read: shapes are sound, expressions are not yet compiled. */
export interface ViewDefinition {
  name: string | undefined;
  resource: string;
  constants: readonly ConstantDefinition[];
  selects: readonly SelectDefinition[];
  where: readonly PathDefinition[];
}

export interface ConstantDefinition {
  name: string;
  /** `String` of `valueString`. */
  type: string;
  value: string | boolean | JsonNumber;
  place: string;
}

export interface PathDefinition {
  path: string;
  place: string;
}

export interface ColumnDefinition extends PathDefinition {
  name: string;
  type: string | undefined;
  collection: boolean;
  /** Value of the tag `ansi/type`. */
  sqlType: string | undefined;
}

/** How a select goes through items: once for each, and `orNull` once for none. */
export interface Iteration {
  kind: 'each' | 'eachOrNull' | 'repeat';
  paths: readonly PathDefinition[];
}

export interface SelectDefinition {
  place: string;
  iteration: Iteration | undefined;
  columns: readonly ColumnDefinition[];
  selects: readonly SelectDefinition[];
  unionAll: readonly SelectDefinition[];
}

const namePattern = /^[A-Za-z][A-Za-z0-9_]*$/;
/** Selects within selects: far more than a view needs, and no more than a stack holds. */
const deepest = 50;

/** Reads the shape of a ViewDefinition (SQL on FHIR v2); mistakes are added to `problems`. */
export function readDefinition(json: Json, problems: ViewProblems): ViewDefinition | undefined {
  if (!isJsonObject(json)) {
    problems.add('view', 'is no JSON object');
    return undefined;
  }
  const reader = new Reader(problems);
  const resource = reader.text(json, 'resource', '');
  const selects = reader.selects(json['select'], 'select', 0);
  if (selects.length === 0) problems.add('select', 'is missing: a view has at least one');
  const name = json['name'];
  return {
    name: typeof name === 'string' ? name : undefined,
    resource: resource ?? '',
    constants: reader.constants(json['constant']),
    selects,
    where: reader.list(json['where'], 'where').flatMap(([item, place]) => {
      const path = reader.text(item, 'path', place);
      return path === undefined ? [] : [{ path, place: `${place}.path` }];
    }),
  };
}

const selectKeys = new Set(
  'id extension modifierExtension column select forEach forEachOrNull repeat unionAll'.split(' '),
);
const columnKeys = new Set(
  'id extension modifierExtension name path type collection description tag'.split(' '),
);

class Reader {
  readonly #problems: ViewProblems;

  constructor(problems: ViewProblems) {
    this.#problems = problems;
  }

  text(owner: JsonObject, key: string, place: string): string | undefined {
    const value = owner[key];
    if (typeof value === 'string' && value !== '') return value;
    const problem = value === undefined ? 'is missing' : 'is no text';
    this.#problems.add(place === '' ? key : `${place}.${key}`, problem);
    return undefined;
  }

  list(json: Json | undefined, place: string): [JsonObject, string][] {
    if (json === undefined || json === null) return [];
    if (!Array.isArray(json)) {
      this.#problems.add(place, 'is no list');
      return [];
    }
    return json.flatMap((item, at): [JsonObject, string][] => {
      if (isJsonObject(item)) return [[item, `${place}[${at}]`]];
      this.#problems.add(`${place}[${at}]`, 'is no object');
      return [];
    });
  }

  constants(json: Json | undefined): ConstantDefinition[] {
    const names = new Set<string>();
    return this.list(json, 'constant').flatMap(([item, place]) => {
      const name = this.#name(item, place, names);
      const keys = Object.keys(item).filter((key) => /^value[A-Z]/.test(key));
      const [key] = keys;
      const value = key === undefined ? undefined : item[key];
      if (key === undefined || keys.length > 1) {
        this.#problems.add(place, 'has not exactly one value[x]');
        return [];
      }
      if (
        typeof value !== 'string' &&
        typeof value !== 'boolean' &&
        !(value instanceof JsonNumber)
      ) {
        this.#problems.add(`${place}.${key}`, 'is no primitive');
        return [];
      }
      return name === undefined ? [] : [{ name, type: key.slice(5), value, place }];
    });
  }

  selects(json: Json | undefined, place: string, depth: number): SelectDefinition[] {
    if (depth > deepest) {
      this.#problems.add(place, 'is nested too deep');
      return [];
    }
    return this.list(json, place).map(([item, at]) => this.#select(item, at, depth));
  }

  #select(item: JsonObject, place: string, depth: number): SelectDefinition {
    this.#unknown(item, selectKeys, place);
    return {
      place,
      iteration: this.#iteration(item, place),
      columns: this.list(item['column'], `${place}.column`).flatMap(([column, at]) =>
        this.#column(column, at),
      ),
      selects: this.selects(item['select'], `${place}.select`, depth + 1),
      unionAll: this.selects(item['unionAll'], `${place}.unionAll`, depth + 1),
    };
  }

  #iteration(item: JsonObject, place: string): Iteration | undefined {
    const given = ['forEach', 'forEachOrNull', 'repeat'].filter((key) => item[key] !== undefined);
    if (given.length > 1) this.#problems.add(place, `has both ${given.join(' and ')}`);
    const [key] = given;
    if (key === undefined) return undefined;
    if (key === 'repeat') return this.#repeat(item[key] as Json, `${place}.repeat`);
    const path = this.text(item, key, place);
    if (path === undefined) return undefined;
    const kind = key === 'forEach' ? 'each' : 'eachOrNull';
    return { kind, paths: [{ path, place: `${place}.${key}` }] };
  }

  #repeat(json: Json, place: string): Iteration {
    const paths: PathDefinition[] = [];
    if (!Array.isArray(json) || json.length === 0) this.#problems.add(place, 'is no list of paths');
    else {
      for (const [at, path] of json.entries()) {
        if (typeof path === 'string') paths.push({ path, place: `${place}[${at}]` });
        else this.#problems.add(`${place}[${at}]`, 'is no text');
      }
    }
    return { kind: 'repeat', paths };
  }

  #column(item: JsonObject, place: string): ColumnDefinition[] {
    this.#unknown(item, columnKeys, place);
    const name = this.#name(item, place);
    const path = this.text(item, 'path', place);
    const { type, collection } = item;
    if (collection !== undefined && typeof collection !== 'boolean') {
      this.#problems.add(`${place}.collection`, 'is neither true nor false');
    }
    if (type !== undefined && typeof type !== 'string') {
      this.#problems.add(`${place}.type`, 'is no text');
    }
    if (name === undefined || path === undefined) return [];
    const sqlType = this.list(item['tag'], `${place}.tag`).find(
      ([tag]) => tag['name'] === 'ansi/type',
    )?.[0]['value'];
    return [
      {
        name,
        path,
        place,
        type: typeof type === 'string' ? type : undefined,
        collection: collection === true,
        sqlType: typeof sqlType === 'string' ? sqlType : undefined,
      },
    ];
  }

  #name(item: JsonObject, place: string, taken?: Set<string>): string | undefined {
    const name = this.text(item, 'name', place);
    if (name === undefined) return undefined;
    if (!namePattern.test(name)) {
      this.#problems.add(`${place}.name`, 'is not of letters, digits and _, a letter first');
    }
    if (taken?.has(name) === true) this.#problems.add(`${place}.name`, 'is there twice');
    taken?.add(name);
    return name;
  }

  #unknown(item: JsonObject, known: ReadonlySet<string>, place: string): void {
    for (const key of Object.keys(item)) {
      if (!known.has(key)) this.#problems.warn(`${place}.${key}`, 'means nothing here');
    }
  }
}
