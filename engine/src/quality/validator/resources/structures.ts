import { listOf } from '../bundleIndex.ts';
import type { ObjectCheck } from '../objectCheck.ts';
import type { Services } from '../services.ts';
import { isExpression } from '../texts.ts';
import { isObject, type FhirJson } from '../fhirJson.ts';
import type { Walk } from '../walk.ts';

/** Profiles (R4 §5.3): elements that their type has, ids that are unique, invariants that can be read. */
export function structureDefinitionRule(services: Services) {
  return (structure: FhirJson, walk: Walk): void => {
    const { type, derivation, baseDefinition } = structure;
    if (
      typeof baseDefinition === 'string' &&
      services.definitions.structure(baseDefinition) === undefined
    ) {
      walk.notLoaded('profile', baseDefinition);
    }
    for (const part of ['snapshot', 'differential']) {
      const holder = structure[part];
      if (!isObject(holder)) continue;
      walk.enter(part, -1);
      const ids = new Set<unknown>();
      for (const [at, element] of listOf(holder['element']).entries()) {
        walk.enter('element', at);
        judgeElement(element, ids, walk);
        const { path } = element;
        const isProfile = derivation === 'constraint' && typeof type === 'string';
        if (isProfile && typeof path === 'string') judgePath(path, type, services, walk);
        walk.leave();
      }
      walk.leave();
    }
  };
}

function judgeElement(element: FhirJson, ids: Set<unknown>, walk: Walk): void {
  const { id } = element;
  if (id !== undefined && ids.has(id)) walk.error('id-repeated', 'id');
  ids.add(id);
  for (const [at, { expression }] of listOf(element['constraint']).entries()) {
    if (typeof expression !== 'string' || isExpression(expression)) continue;
    walk.enter('constraint', at);
    walk.error('expression-unreadable', 'expression');
    walk.leave();
  }
  if (Object.keys(element).some((key) => key.startsWith('defaultValue'))) {
    walk.error('default-in-profile', 'defaultValue');
  }
}

function judgePath(path: string, type: string, { types }: Services, walk: Walk): void {
  const [root, ...names] = path.split('.');
  const start = types.object(type);
  if (start === undefined) return;
  if (root !== type) return walk.error('element-path', 'path');
  let open: readonly ObjectCheck[] = [start];
  for (const name of names) {
    if (open.length === 0) return;
    const bare = name.replace('[x]', '');
    const found = open.flatMap((check) =>
      [...check.members.values()].filter((member) => member.name === bare || member.key === bare),
    );
    if (found.length === 0) return walk.error('element-path', 'path');
    const beside = types.object('Element');
    open = found.flatMap(
      ({ object, primitive }) => object ?? (primitive === true && beside ? beside : []),
    );
  }
}
