import { listOf } from '../bundleIndex.ts';
import { hasForm } from '../codes/forms.ts';
import { judgeCode } from '../datatypes.ts';
import type { Services } from '../services.ts';
import { isObject, type FhirJson } from '../fhirJson.ts';
import type { Walk } from '../walk.ts';

/** Value sets (R4 §4.9): the codes that they list are codes of their systems. */
export function valueSetRule(services: Services) {
  return ({ compose, expansion }: FhirJson, walk: Walk): void => {
    if (isObject(compose)) {
      walk.enter('compose', -1);
      for (const part of ['include', 'exclude']) {
        for (const [at, include] of listOf(compose[part]).entries()) {
          walk.enter(part, at);
          judgeInclude(include, services, walk);
          walk.leave();
        }
      }
      walk.leave();
    }
    if (isObject(expansion)) {
      walk.enter('expansion', -1);
      judgeExpansion(listOf(expansion['contains']), services, walk, 0);
      walk.leave();
    }
  };
}

function judgeInclude(include: FhirJson, services: Services, walk: Walk): void {
  const { system } = include;
  for (const canonical of Array.isArray(include['valueSet']) ? include['valueSet'] : []) {
    const isKnown =
      typeof canonical !== 'string' || services.definitions.valueSet(canonical) !== undefined;
    if (!isKnown) walk.notLoaded('value-set', canonical);
  }
  if (typeof system !== 'string') return;
  judgeCode(system, undefined, services, walk);
  for (const [at, { code }] of listOf(include['concept']).entries()) {
    walk.enter('concept', at);
    judgeCode(system, code, services, walk);
    walk.leave();
  }
  for (const [at, filter] of listOf(include['filter']).entries()) {
    walk.enter('filter', at);
    judgeFilter(filter, system, services, walk);
    walk.leave();
  }
}

const codeOperators = new Set(['is-a', 'descendent-of', 'is-not-a', 'generalizes']);

function judgeFilter(
  { property, op, value }: FhirJson,
  system: string,
  services: Services,
  walk: Walk,
): void {
  if (typeof value !== 'string' || typeof op !== 'string') return;
  const { terminology } = services;
  if (codeOperators.has(op)) {
    const found = terminology.inSystem(system, value);
    if (found === 'out') walk.error('code-unknown', 'value', system);
    else if (typeof found === 'object') walk.notLoaded('code-system', found.missing);
  } else if (system === 'http://snomed.info/sct') {
    // An expression constraint holds concept ids, each with its check digit.
    const ids = property === 'constraint' ? (value.match(/\b\d{6,18}\b/g) ?? []) : [];
    if (ids.some((id) => !hasForm(system, id))) walk.error('code-unknown', 'value', system);
    else walk.notLoaded('code-system', system);
  }
}

function judgeExpansion(
  list: readonly FhirJson[],
  services: Services,
  walk: Walk,
  depth: number,
): void {
  if (depth > 60) return;
  for (const [at, { system, code, contains }] of list.entries()) {
    walk.enter('contains', at);
    if (typeof system === 'string') judgeCode(system, code, services, walk);
    judgeExpansion(listOf(contains), services, walk, depth + 1);
    walk.leave();
  }
}

/** Concept maps (R4 §4.10): what is mapped and to what are codes of the systems of the group. */
export function conceptMapRule(services: Services) {
  return ({ group }: FhirJson, walk: Walk): void => {
    for (const [at, { source, target, element }] of listOf(group).entries()) {
      walk.enter('group', at);
      for (const [index, each] of listOf(element).entries()) {
        walk.enter('element', index);
        if (typeof source === 'string') judgeCode(source, each['code'], services, walk);
        for (const [number, { code }] of listOf(each['target']).entries()) {
          walk.enter('target', number);
          if (typeof target === 'string') judgeCode(target, code, services, walk);
          walk.leave();
        }
        walk.leave();
      }
      walk.leave();
    }
  };
}
