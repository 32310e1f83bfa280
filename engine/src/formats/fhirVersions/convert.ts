import { isJsonObject, type Json, type JsonObject } from '../../base/json.ts';
import { fhirType, type FhirType } from '../../fhirpath/model.ts';
import { jsonElements, type FhirElement } from '../fhirElements.ts';
import { coerced } from './coerce.ts';
import type { Loss, Node, Rule } from './rule.ts';
import { versions, type FhirVersion } from './versions.ts';

export interface ConvertedResource {
  /** R4; absent where R4 has no such resource. */
  resource?: JsonObject;
  /** What did not come along whole, each path once. */
  losses: readonly Loss[];
}

/**
 * A resource of another version as R4, by the differences that HL7's release notes and its maps
 * between versions name; what they do not name is taken over where R4 has an element of that name,
 * its cardinality and type mended. Values are never made up, and numbers keep their digits.
 */
export function toR4(resource: JsonObject, from: FhirVersion): ConvertedResource {
  const losses = new Map<string, Loss>();
  const lose = (path: string, code: Loss['code']): void => {
    if (!losses.has(`${path} ${code}`)) losses.set(`${path} ${code}`, { path, code });
  };
  const converter = new Converter(from, lose);
  const converted = converter.resource(resource);
  const told = [...losses.values()];
  return converted === undefined ? { losses: told } : { resource: converted, losses: told };
}

class Converter {
  readonly #lose: (path: string, code: Loss['code']) => void;
  readonly #version: (typeof versions)[FhirVersion];

  constructor(from: FhirVersion, lose: (path: string, code: Loss['code']) => void) {
    this.#version = versions[from];
    this.#lose = lose;
  }

  resource(given: JsonObject): JsonObject | undefined {
    const name = given['resourceType'];
    if (typeof name !== 'string') return undefined;
    const renamed = this.#version.renamed[name] ?? name;
    const type = fhirType(renamed);
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
    const node: Node = {
      members: { ...given },
      path,
      lose: (name, code) => this.#lose(`${path}.${name}`, code),
      extensionBase: this.#version.extensionBase,
    };
    for (const rule of rules) rule(node);
    const elements = jsonElements(type);
    const made: JsonObject = {};
    for (const [name, value] of Object.entries(node.members)) {
      if (value === null || value === undefined) continue;
      const element = elements.get(name);
      if (element === undefined) {
        if (name !== 'fhir_comments') this.#lose(`${path}.${name}`, 'no-place');
        continue;
      }
      const taken = this.#element(value, element, `${path}.${name}`);
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

  #item(value: Json, type: FhirType, path: string): Json | undefined {
    const fit = coerced(value, type, this.#version.renamed);
    if (fit === undefined) {
      this.#lose(path, 'value-unknown');
      return undefined;
    }
    if (type.kind === 'primitive') return fit;
    if (!isJsonObject(fit)) {
      this.#lose(path, 'value-unknown');
      return undefined;
    }
    if (type.kind === 'resource') return this.resource(fit);
    return this.#object(fit, type, path, this.#version.rules[type.name] ?? []);
  }
}

/** `null` holds the place of a primitive that has only extensions. */
function isKeptNull(list: readonly Json[], at: number): boolean {
  return list[at] === null;
}
