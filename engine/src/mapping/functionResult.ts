import { isJsonObject, JsonNumber } from '../base/json.ts';
import type { Json, JsonObject } from '../base/json.ts';
import { fhirType } from '../fhirpath/model.ts';
import type { FhirType } from '../fhirpath/model.ts';
import { jsonElements } from '../formats/fhirElements.ts';
import type { FhirElement } from '../formats/fhirElements.ts';
import { valueWriter } from './values.ts';
import type { Work } from './work.ts';

/**
 * Writes what a function returned as canonical JSON of a FHIR type. What the type does not have is the
 * record's issue (`function-result`), and so is a reference that the function was not given
 * (`function-reference`): it would lead nowhere.
 */
export class FunctionResult {
  readonly #work: Work;
  readonly #given: ReadonlySet<string>;

  constructor(work: Work, given: ReadonlySet<string>) {
    this.#work = work;
    this.#given = given;
  }

  /** `''` where there is nothing, or an issue was noted. */
  element(
    value: Json,
    { type, repeats }: Pick<FhirElement, 'type' | 'repeats'>,
    path: string,
  ): string {
    if (!repeats) return this.#single(value, type, path);
    if (!Array.isArray(value)) return this.#fail(path);
    const items = value.map((item) => this.#single(item, type, path)).filter((item) => item !== '');
    return items.length === 0 ? '' : `[${items.join(',')}]`;
  }

  /** A resource with the members that the engine makes. */
  resource(value: Json, type: FhirType): string {
    if (!isJsonObject(value)) return this.#fail(type.name);
    const { resourceType = type.name, ...members } = value;
    if (resourceType !== type.name) return this.#fail(`${type.name}.resourceType`);
    if ('id' in members) return this.#fail(`${type.name}.id`);
    const made = { id: `"${this.#work.id}"`, resourceType: `"${type.name}"` };
    return this.#object(members, type, type.name, made);
  }

  #single(value: Json, type: FhirType, path: string): string {
    if (type.kind === 'primitive') return this.#primitive(value, type, path);
    if (!isJsonObject(value)) return this.#fail(path);
    if (type.name === 'Resource') return this.#contained(value, path);
    const { reference } = value;
    if (type.name === 'Reference' && reference !== undefined) this.#refer(reference, path);
    return this.#object(value, type, path);
  }

  #contained({ resourceType, ...members }: JsonObject, path: string): string {
    const type = typeof resourceType === 'string' ? fhirType(resourceType) : undefined;
    if (type?.kind !== 'resource' || type.abstract) return this.#fail(`${path}.resourceType`);
    return this.#object(members, type, path, { resourceType: `"${type.name}"` });
  }

  #object(
    value: JsonObject,
    type: FhirType,
    path: string,
    made: Readonly<Record<string, string>> = {},
  ): string {
    const elements = jsonElements(type);
    const members = new Map(Object.entries(made));
    for (const [name, member] of Object.entries(value)) {
      const element = elements.get(name);
      if (element === undefined) this.#fail(`${path}.${name}`);
      else members.set(name, this.element(member, element, `${path}.${name}`));
    }
    const written = [...members].filter(([, text]) => text !== '').toSorted(byName);
    if (written.length === 0) return '';
    return `{${written.map(([name, text]) => `"${name}":${text}`).join(',')}}`;
  }

  #primitive(value: Json, type: FhirType, path: string): string {
    const scalar = typeof value === 'string' || typeof value === 'boolean';
    if (!scalar && !(value instanceof JsonNumber)) return this.#fail(path);
    if (value === '') return '';
    // `Attachment.url` may lead to a resource as a Reference does.
    if (type.name === 'url' && this.#given.has(String(value))) {
      this.#work.references.push(String(value));
    }
    return valueWriter(type.name)(value) ?? this.#fail(path);
  }

  #refer(reference: Json, path: string): void {
    if (typeof reference !== 'string') return;
    if (this.#given.has(reference)) this.#work.references.push(reference);
    else if (!/^#|^[a-z][a-z0-9+.-]*:/i.test(reference))
      this.#work.fail('function-reference', path);
  }

  #fail(path: string): '' {
    this.#work.fail('function-result', path);
    return '';
  }
}

function byName([a]: readonly [string, string], [b]: readonly [string, string]): number {
  return a < b ? -1 : 1;
}
