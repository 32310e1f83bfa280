import { choiceKey } from '../../fhirpath/model.ts';
import { bindingCheck } from './bindings.ts';
import type {
  ElementDefinition,
  StructureDefinition,
  TypeReference,
} from './definitions/elements.ts';
import { datatypeRules } from './datatypes.ts';
import { invariantChecks } from './invariants.ts';
import { Kept } from './kept.ts';
import { ObjectCheck, type Member, type ObjectParts, type ValueCheck } from './objectCheck.ts';
import { primitiveMember } from './primitiveMember.ts';
import { referenceTargets } from './references.ts';
import type { Services, Types } from './services.ts';
import type { FhirJson } from './fhirJson.ts';
import type { ElementIdentity, Walk } from './walk.ts';

/** The checks of R4's own types, compiled when they are first met. */
export class TypeChecks implements Types {
  readonly #services: Services;
  readonly #types = new Map<string, ObjectCheck>();
  readonly #inner = new Map<string, ObjectCheck>();
  readonly #ancestors = new Kept<readonly string[]>();

  constructor(services: Services) {
    this.#services = services;
  }

  object(name: string): ObjectCheck | undefined {
    const compiled = this.#types.get(name);
    if (compiled !== undefined) return compiled;
    const structure = this.#services.definitions.type(name);
    const known = structure?.derivation !== 'constraint' && structure?.kind !== 'logical';
    const usable = structure !== undefined && known && structure.kind !== 'primitive-type';
    if (!usable) return undefined;
    const check = this.#compile(structure);
    this.#types.set(name, check);
    return check;
  }

  isPrimitive(name: string): boolean {
    return this.#services.definitions.type(name)?.kind === 'primitive-type';
  }

  ancestors(name: string): readonly string[] {
    const known = this.#ancestors.get(name);
    if (known !== undefined) return known;
    const base = this.#services.definitions.type(name)?.baseDefinition?.split('/').at(-1);
    const further = base === undefined || base === name ? [] : this.ancestors(base);
    return this.#ancestors.keep(name, [name, ...further]);
  }

  #compile(structure: StructureDefinition): ObjectCheck {
    const { type, kind, snapshot = [] } = structure;
    return new ObjectCheck(
      { path: type, types: this.ancestors(type) },
      kind === 'resource',
      snapshot[0],
      () => this.#parts(structure, type, snapshot[0]),
    );
  }

  #parts(
    structure: StructureDefinition,
    path: string,
    own: ElementDefinition | undefined,
  ): ObjectParts {
    const { type } = structure;
    const elements = childrenOf(structure.snapshot ?? [], path);
    const isType = path === type;
    const rules = isType ? datatypeRules(type, this.#services) : [];
    return {
      members: elements.flatMap((element) => this.#members(structure, element)),
      required: elements.filter(({ min = 0 }) => min > 0).map((element) => elementName(element)),
      invariants: invariantChecks(own?.constraint ?? [], path),
      rules,
    };
  }

  #members(structure: StructureDefinition, element: ElementDefinition): Member[] {
    const name = elementName(element);
    const { type: types = [], contentReference } = element;
    const repeats = element.max !== '1' && element.max !== '0';
    if (contentReference !== undefined) {
      const path = contentReference.split('#').at(-1) as string;
      const check = this.#backbone(structure, path);
      const object = objectValue(check);
      const { identity } = check;
      const type = identity.types[0] as string;
      const own = { name, place: name, repeats, type, identity, definition: element };
      return [{ key: name, extraKey: `_${name}`, ...own, object: check, check: object }];
    }
    const isChoice = element.path.endsWith('[x]');
    return types.map((type) => {
      const key = isChoice ? choiceKey(name, type.code) : name;
      const place = isChoice ? `${name}.ofType(${type.code})` : name;
      const typed = this.#typed(structure, element, type);
      const keys = { key, extraKey: `_${key}` };
      return { ...keys, name, place, repeats, definition: element, type: type.code, ...typed };
    });
  }

  #typed(
    structure: StructureDefinition,
    element: ElementDefinition,
    type: TypeReference,
  ): Pick<Member, 'check' | 'identity' | 'primitive' | 'object'> {
    const code =
      element.path === 'Resource.id' || isResourceId(structure, element) ? 'id' : type.code;
    const identity: ElementIdentity = { path: element.path, types: this.ancestors(code) };
    if (code === 'xhtml' || this.isPrimitive(code)) {
      return { ...primitiveMember(code, element, this.#services), identity };
    }
    if (code === 'Resource') {
      const contained = elementName(element) === 'contained';
      const check: ValueCheck = (value, _, walk) =>
        this.#services.innerResource(value, walk, contained);
      return { check, identity };
    }
    const hasParts = code === 'BackboneElement' || code === 'Element';
    const inner = hasParts ? this.#backbone(structure, element.path) : this.object(code);
    if (inner === undefined) throw new Error(`R4 has no type ${code}`);
    return { check: this.#complex(inner, element, type, hasParts), identity, object: inner };
  }

  /** An element of a complex type: the type itself, then what this element asks beyond it. */
  #complex(
    inner: ObjectCheck,
    element: ElementDefinition,
    type: TypeReference,
    hasParts: boolean,
  ): ValueCheck {
    const own = hasParts
      ? []
      : invariantChecks(element.constraint ?? [], type.code, inner.constraintKeys);
    const bound = bindingCheck(element.binding, type.code, this.#services);
    const targets = referenceTargets(type, this.#services);
    const profiles = type.profile ?? [];
    const more: ((value: FhirJson, walk: Walk) => void)[] = [];
    if (bound !== undefined) more.push(bound);
    if (targets !== undefined) more.push(targets);
    if (own.length > 0) {
      more.push((value, walk) => {
        for (const check of own) check(value, walk);
      });
    }
    if (profiles.length > 0) {
      more.push((value, walk) => this.#services.profiles.anyOf(profiles, value, walk));
    }
    if (more.length === 0) return objectValue(inner);
    return (value, _, walk) => {
      if (!inner.run(value, walk)) return;
      for (const check of more) check(value, walk);
    };
  }

  #backbone(structure: StructureDefinition, path: string): ObjectCheck {
    let check = this.#inner.get(path);
    if (check === undefined) {
      const own = structure.snapshot?.find((element) => element.path === path);
      const type = own?.type?.[0]?.code ?? 'Element';
      const identity = { path, types: this.ancestors(type) };
      check = new ObjectCheck(identity, false, own, () => this.#parts(structure, path, own));
      this.#inner.set(path, check);
    }
    return check;
  }
}

function objectValue(check: ObjectCheck): ValueCheck {
  return (value, _, walk) => {
    check.run(value, walk);
  };
}

/** The definitions call the id of a resource a string; its datatype is id (R4 §2.26.3). */
function isResourceId({ kind, type }: StructureDefinition, { path }: ElementDefinition): boolean {
  return kind === 'resource' && path === `${type}.id`;
}

function childrenOf(elements: readonly ElementDefinition[], path: string): ElementDefinition[] {
  const start = `${path}.`;
  return elements.filter(
    (element) => element.path.startsWith(start) && !element.path.includes('.', start.length),
  );
}

/** The last name of its path, a choice without its `[x]`. */
export function elementName({ path }: Pick<ElementDefinition, 'path'>): string {
  return path.slice(path.lastIndexOf('.') + 1).replace('[x]', '');
}
