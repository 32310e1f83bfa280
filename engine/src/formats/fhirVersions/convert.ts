import { isJsonObject, type Json, type JsonObject } from '../../base/json.ts';
import { r4Model, type FhirModel, type FhirType } from '../../fhirpath/model.ts';
import { jsonElements, tellableName, type FhirElement } from '../fhirElements.ts';
import { coerced, renamedReference } from './coerce.ts';
import { differingPaths, vanishedPaths } from './comparison.ts';
import type { Loss, Node, Rule } from './rule.ts';
import { backwards, versions, type FhirVersion, type Version } from './versions.ts';

export interface ConvertedResource {
  /** Absent where the version that is wanted has no such resource. */
  resource?: JsonObject;
  /** What did not come along whole, each path once. */
  losses: readonly Loss[];
}

/**
 * A resource of another version as R4, by the differences that HL7's release notes and its maps
 * between versions name; what they do not name is taken over where R4 has an element of that name,
 * its cardinality and type mended. Values are never made up, and numbers keep their digits. What stands
 * nowhere in the result is told, whatever lost it.
 */
export function toR4(resource: JsonObject, from: FhirVersion): ConvertedResource {
  const { renamed, rules } = versions[from];
  return telling((lose) => {
    const told: string[] = [];
    const tell: Lose = (path, code) => {
      told.push(path);
      lose(path, code);
    };
    const made = new Converter(versions[from], r4Model, tell).resource(resource);
    if (made === undefined || Object.keys(rules).length === 0) return made;
    const vanished = vanishedPaths(resource, made, {
      isTold: (path) => told.some((each) => isWithin(path, each)),
      as: (value) => renamedReference(value, renamed),
      turnedRound: () => backward(made, from, () => {}, namesOf(resource, renamed)),
    });
    for (const path of vanished) lose(path, 'not-the-same');
    return made;
  });
}

/** Former names of the resources in one, by those of R4: two of them may be one there. */
function namesOf(json: Json, renamed: Readonly<Record<string, string>>): Record<string, string> {
  if (Array.isArray(json)) return Object.assign({}, ...json.map((each) => namesOf(each, renamed)));
  if (!isJsonObject(json)) return {};
  const { resourceType: name } = json;
  const now = typeof name === 'string' ? renamed[name] : undefined;
  const inner = Object.values(json).map((each) => namesOf(each, renamed));
  return Object.assign({}, ...inner, now === undefined ? {} : { [now]: name });
}

/**
 * A resource of R4 as one of another version, by the same differences read backwards; what that version
 * has no element for is told by its path. What it asks for and R4 does not have stays absent. It is
 * read back once, so that whatever would not be the same again is told too.
 */
export function fromR4(resource: JsonObject, to: FhirVersion): ConvertedResource {
  return telling((lose) => {
    const made = backward(resource, to, lose);
    return made && tellingDifferences(resource, made, to, lose);
  });
}

type Lose = (path: string, code: Loss['code']) => void;

/** @param names former names of resources, where they are known */
function backward(
  resource: JsonObject,
  to: FhirVersion,
  lose: Lose,
  names: Readonly<Record<string, string>> = {},
): JsonObject | undefined {
  const { model, renamed: usual } = backwards[to];
  const renamed = { ...usual, ...names };
  const turning = new Backwards(versions[to], renamed, lose);
  const renamedParts = turning.resource(resource);
  const shaping = { ...versions[to], renamed, rules: {} };
  const loseAsGiven: Lose = (path, code) => lose(turning.asGiven(path), code);
  return renamedParts && new Converter(shaping, model(), loseAsGiven).resource(renamedParts);
}

function tellingDifferences(
  resource: JsonObject,
  made: JsonObject,
  to: FhirVersion,
  lose: Lose,
): JsonObject {
  for (const path of differingPaths(resource, toR4(made, to).resource)) lose(path, 'not-the-same');
  return made;
}

function telling(convert: (lose: Lose) => JsonObject | undefined): ConvertedResource {
  const losses = new Map<string, Loss>();
  const resource = convert((path, code) => {
    if (!losses.has(`${path} ${code}`)) losses.set(`${path} ${code}`, { path, code });
  });
  const told = [...losses.values()].filter(isFirstTold).map(tellable);
  return resource === undefined ? { losses: told } : { resource, losses: told };
}

function tellable({ path, code }: Loss): Loss {
  return { path: path.split('.').map(tellableName).join('.'), code };
}

/** What is found by comparison is told only where no rule has told it, or what it stands in. */
function isFirstTold({ path, code }: Loss, _: number, all: readonly Loss[]): boolean {
  if (code !== 'not-the-same') return true;
  return !all.some((other) => other.code !== 'not-the-same' && isWithin(path, other.path));
}

/** Whether a path is another, or stands in it. */
function isWithin(path: string, other: string): boolean {
  return path === other || path.startsWith(`${other}.`);
}

class Converter {
  readonly #lose: Lose;
  readonly #version: Version;
  readonly #model: FhirModel;

  constructor(version: Version, model: FhirModel, lose: Lose) {
    this.#version = version;
    this.#model = model;
    this.#lose = lose;
  }

  resource(given: JsonObject): JsonObject | undefined {
    const name = given['resourceType'];
    if (typeof name !== 'string') return undefined;
    const renamed = this.#version.renamed[name] ?? name;
    const type = this.#model.type(renamed);
    if (type === undefined || type.kind !== 'resource') {
      this.#lose(name, 'resource-unknown');
      return undefined;
    }
    const { resourceType: _, ...members } = given;
    const rules = [
      ...(this.#version.rules[name] ?? []),
      ...(name === renamed ? [] : (this.#version.rules[renamed] ?? [])),
    ];
    const converted = this.#object(members, type, name, rules);
    return { resourceType: renamed, ...converted };
  }

  #object(given: JsonObject, type: FhirType, path: string, rules: readonly Rule[]): JsonObject {
    /** Names that elements came with by those that they have now. */
    const names = new Map<string, string>();
    const node: Node = {
      members: { ...given },
      path,
      lose: (name, code) => this.#lose(`${path}.${name}`, code),
      renamed: (before, now) => {
        for (const mark of ['', '_']) names.set(mark + now, mark + before);
      },
      extensionBase: this.#version.extensionBase,
    };
    for (const rule of rules) rule(node);
    const elements = jsonElements(type);
    const made: JsonObject = {};
    for (const [name, value] of Object.entries(node.members)) {
      if (value === null || value === undefined) continue;
      const element = elements.get(name);
      const at = `${path}.${names.get(name) ?? name}`;
      if (element === undefined) {
        if (name !== 'fhir_comments') this.#lose(at, 'no-place');
        continue;
      }
      const taken = this.#element(value, element, at);
      if (taken !== undefined) made[name] = taken;
    }
    return made;
  }

  #element(value: Json, { type, repeats }: FhirElement, path: string): Json | undefined {
    if (Array.isArray(value)) {
      const items = value.map((each) =>
        each === null ? null : (this.#item(each, type, path) ?? null),
      );
      const kept = items.some((each) => each !== null);
      if (repeats)
        return kept
          ? items.filter((each, at) => each !== null || isKeptNull(value, at))
          : undefined;
      if (value.length > 1) this.#lose(path, 'only-first');
      return items.find((each) => each !== null) ?? undefined;
    }
    const item = this.#item(value, type, path);
    if (item === undefined) return undefined;
    return repeats ? [item] : item;
  }

  /** A concept that is a code now, or a reference that is a url, has more that is not taken. */
  #tellCut(value: JsonObject, fit: Json, type: FhirType, path: string): void {
    const { coding } = value;
    if (isJsonObject(fit) && type.name !== 'Coding') return;
    if (coding === undefined && isJsonObject(fit)) return;
    if (Array.isArray(coding) && coding.length > 1) this.#lose(path, 'only-first');
    for (const name of Object.keys(value)) {
      const isTaken = name === 'coding' || value[name] === fit || isJsonObject(value[name]);
      if (!isTaken) this.#lose(`${path}.${name}`, 'no-place');
    }
  }

  #item(value: Json, type: FhirType, path: string): Json | undefined {
    const fit = coerced(value, type, this.#version.renamed);
    if (fit === undefined) {
      this.#lose(path, 'value-unknown');
      return undefined;
    }
    if (isJsonObject(value)) this.#tellCut(value, fit, type, path);
    if (type.kind === 'primitive') return fit;
    if (!isJsonObject(fit)) {
      this.#lose(path, 'value-unknown');
      return undefined;
    }
    if (type.kind === 'resource') return this.resource(fit);
    return this.#object(fit, type, path, this.#version.rules[type.name] ?? []);
  }
}

/** Rules read backwards: an object of R4 with the names and shapes that another version has. */
class Backwards {
  readonly #version: Version;
  readonly #renamed: Readonly<Record<string, string>>;
  readonly #lose: Lose;
  /** R4's names of elements by the path of what holds them and the name that they have now. */
  readonly #names = new Map<string, string>();

  constructor(version: Version, renamed: Readonly<Record<string, string>>, lose: Lose) {
    this.#version = version;
    this.#renamed = renamed;
    this.#lose = lose;
  }

  /** A path by R4's names. */
  asGiven(path: string): string {
    return path
      .split('.')
      .reduce((at, name) => `${at}.${this.#names.get(`${at}.${name}`) ?? name}`);
  }

  resource(given: JsonObject): JsonObject | undefined {
    const name = given['resourceType'];
    const type = typeof name === 'string' ? r4Model.type(name) : undefined;
    if (typeof name !== 'string' || type?.kind !== 'resource') {
      this.#lose(typeof name === 'string' ? name : '?', 'resource-unknown');
      return undefined;
    }
    const { resourceType: _, ...members } = given;
    const former = this.#renamed[name] ?? name;
    const rules = [...new Set([former, name])].flatMap((each) => this.#version.rules[each] ?? []);
    return { resourceType: name, ...this.#object(members, type, name, rules) };
  }

  #object(given: JsonObject, type: FhirType, path: string, rules: readonly Rule[]): JsonObject {
    const elements = jsonElements(type);
    const members: JsonObject = {};
    for (const [name, value] of Object.entries(given)) {
      const element = elements.get(name);
      const taken = element && this.#value(value, element.type, `${path}.${name}`);
      const own = element === undefined ? value : taken;
      if (own !== undefined) members[name] = own;
    }
    const node: Node = {
      members,
      path,
      lose: (name, code) => this.#lose(`${path}.${name}`, code),
      renamed: (from, to) => this.#names.set(`${path}.${to}`, from),
      extensionBase: this.#version.extensionBase,
    };
    for (const rule of rules.toReversed()) rule.back?.(node);
    return members;
  }

  #value(value: Json, type: FhirType, path: string): Json | undefined {
    if (Array.isArray(value)) return value.map((each) => this.#value(each, type, path) ?? null);
    if (!isJsonObject(value) || type.kind === 'primitive') return value;
    if (type.kind === 'resource') return this.resource(value);
    return this.#object(value, type, path, this.#version.rules[type.name] ?? []);
  }
}

/** `null` holds the place of a primitive that has only extensions. */
function isKeptNull(list: readonly Json[], at: number): boolean {
  return list[at] === null;
}
