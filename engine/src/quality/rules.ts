import { isJsonObject } from '../base/json.ts';
import type { Json, JsonObject } from '../base/json.ts';
import { fhirType } from '../fhirpath/model.ts';
import type { FhirType } from '../fhirpath/model.ts';
import { jsonElements } from '../formats/fhirElements.ts';
import type { FhirElement } from '../formats/fhirElements.ts';
import type { Issue } from '../model/issue.ts';
import { invariants } from './invariants.ts';
import { primitiveTest } from './primitives.ts';
import { requirements } from './requirements.ts';

/**
 * Check a draft against the structure of FHIR R4: known elements, lists where they belong, formats
 * of primitives, and, for the types in `requirements`, required elements, required codes and the
 * invariants that keep meaning. Codes: `resource-unknown`, `element-unknown`, `element-required`,
 * `element-empty`, `list-expected`, `list-unexpected`, `value-format`, `code-unknown`,
 * `choice-repeated`, and the key of an invariant (`ait-1`).
 */
export function checkDraft(resource: JsonObject): Issue[] {
  const issues: Issue[] = [];
  checkResource(resource, '', issues);
  return issues;
}

type Check = (value: Json, path: string, issues: Issue[]) => void;

function checkResource(resource: Json, path: string, issues: Issue[]): void {
  const named = isJsonObject(resource) ? resource['resourceType'] : undefined;
  const type = typeof named === 'string' ? fhirType(named) : undefined;
  if (type === undefined || type.kind !== 'resource' || type.abstract) {
    report(issues, 'resource-unknown', path);
    return;
  }
  checkOf(type)(resource, path === '' ? type.name : path, issues);
}

function report(issues: Issue[], code: string, path: string): void {
  issues.push({ severity: 'error', code, path });
}

const checks = new Map<FhirType, Check>();

/** The check of a type, compiled when it is first met. */
function checkOf(type: FhirType): Check {
  let check = checks.get(type);
  if (check === undefined) {
    check = type.kind === 'primitive' ? primitiveCheck(type) : new ObjectCheck(type).run;
    checks.set(type, check);
  }
  return check;
}

function primitiveCheck(type: FhirType): Check {
  const test = primitiveTest(type.name);
  return (value, path, issues) => {
    if (!test(value)) report(issues, 'value-format', path);
  };
}

class ObjectCheck {
  readonly #elements: ReadonlyMap<string, FhirElement>;
  readonly #isResource: boolean;
  readonly #required: readonly (readonly [string, readonly string[]])[];
  readonly #codes: ReadonlyMap<string, ReadonlySet<string>>;
  readonly #concepts: ReadonlyMap<string, { system: string; codes: readonly string[] }>;
  readonly #choices: readonly (readonly [string, readonly string[]])[];
  readonly #invariants: (typeof invariants)[string];

  constructor(type: FhirType) {
    const wanted = requirements[type.name] ?? {};
    const codes = Object.entries(wanted.codes ?? {});
    this.#elements = jsonElements(type);
    this.#isResource = type.kind === 'resource';
    this.#required = (wanted.required ?? []).map((name) => [name, this.#namesOf(name)]);
    this.#codes = new Map(codes.map(([name, words]) => [name, new Set(words)]));
    this.#concepts = new Map(Object.entries(wanted.concepts ?? {}));
    this.#choices = [...type.elements.values()]
      .filter(({ properties }) => properties.length > 1)
      .map(({ name, properties }) => [name, properties.map(({ key }) => key)]);
    this.#invariants = invariants[type.name] ?? [];
  }

  readonly run: Check = (value, path, issues) => {
    if (!isJsonObject(value)) return report(issues, 'value-format', path);
    let empty = true;
    for (const name in value) {
      empty = false;
      if (name !== 'resourceType' || !this.#isResource) {
        this.#member(value, name, value[name] as Json, path, issues);
      }
    }
    if (empty) report(issues, 'element-empty', path);
    this.#checkPresence(value, path, issues);
    for (const { code, holds } of this.#invariants) {
      if (!holds(value)) report(issues, code, path);
    }
  };

  /** JSON names under which a required element may stand; its extensions alone also count. */
  #namesOf(definition: string): string[] {
    return [...this.#elements]
      .filter(([, element]) => element.definition.replace(/^_/, '') === definition)
      .map(([name]) => name);
  }

  #checkPresence(object: JsonObject, path: string, issues: Issue[]): void {
    for (const [name, names] of this.#required) {
      if (!names.some((each) => each in object))
        report(issues, 'element-required', `${path}.${name}`);
    }
    for (const [name, names] of this.#choices) {
      const given = names.filter((each) => each in object || `_${each}` in object);
      if (given.length > 1) report(issues, 'choice-repeated', `${path}.${name}`);
    }
  }

  #member(object: JsonObject, name: string, value: Json, path: string, issues: Issue[]): void {
    const at = `${path}.${name}`;
    const element = this.#elements.get(name);
    if (element === undefined) return report(issues, 'element-unknown', at);
    if (Array.isArray(value) !== element.repeats) {
      return report(issues, element.repeats ? 'list-expected' : 'list-unexpected', at);
    }
    const items = Array.isArray(value) ? value : [value];
    if (items.length === 0) report(issues, 'element-empty', at);
    for (const item of items) {
      // In a list of primitives `null` keeps the place of one that has only extensions (§2.6.2.3).
      if (item === null && items.length > 1 && hasTwin(object, name)) continue;
      this.#item(element, name, item, at, issues);
    }
  }

  #item(element: FhirElement, name: string, item: Json, path: string, issues: Issue[]): void {
    if (element.type.name === 'Resource') return checkResource(item, path, issues);
    checkOf(element.type)(item, path, issues);
    const codes = this.#codes.get(name);
    if (codes !== undefined && !codes.has(item as string)) report(issues, 'code-unknown', path);
    const concept = this.#concepts.get(name);
    if (concept !== undefined && !isBound(item, concept)) report(issues, 'code-unknown', path);
  }
}

function hasTwin(object: JsonObject, name: string): boolean {
  return (name.startsWith('_') ? name.slice(1) : `_${name}`) in object;
}

/** A required binding asks for one coding of the system, and that it is a code of it. */
function isBound(
  item: Json,
  { system, codes }: { system: string; codes: readonly string[] },
): boolean {
  const list = isJsonObject(item) ? item['coding'] : undefined;
  const own = (Array.isArray(list) ? list : []).filter(
    (coding) => isJsonObject(coding) && coding['system'] === system,
  ) as JsonObject[];
  return own.length > 0 && own.every(({ code }) => codes.some((each) => each === code));
}
