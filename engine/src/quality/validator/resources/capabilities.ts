import { listOf } from '../bundleIndex.ts';
import type { Services } from '../services.ts';
import { isExpression } from '../texts.ts';
import type { FhirJson } from '../fhirJson.ts';
import type { Walk } from '../walk.ts';

/** Search parameters that a server names are of the type that they are defined with (R4 §5.2). */
export function capabilityStatementRule({ definitions }: Services) {
  return ({ rest }: FhirJson, walk: Walk): void => {
    for (const [at, each] of listOf(rest).entries()) {
      walk.enter('rest', at);
      for (const [index, resource] of listOf(each['resource']).entries()) {
        walk.enter('resource', index);
        for (const [number, { definition, type }] of listOf(resource['searchParam']).entries()) {
          const known =
            typeof definition === 'string' ? definitions.searchParameter(definition) : undefined;
          if (known?.type === undefined || known.type === type) continue;
          walk.enter('searchParam', number);
          walk.error('search-parameter-type', 'type');
          walk.leave();
        }
        walk.leave();
      }
      walk.leave();
    }
  };
}

/** A search parameter that derives from another is of its type, on some of its resources (R4 §5.5). */
export function searchParameterRule({ definitions, types }: Services) {
  return ({ derivedFrom, type, base, expression }: FhirJson, walk: Walk): void => {
    if (typeof expression === 'string' && !isExpression(expression)) {
      walk.error('expression-unreadable', 'expression');
    }
    if (typeof derivedFrom !== 'string') return;
    const origin = definitions.searchParameter(derivedFrom);
    if (origin === undefined) return;
    if (origin.type !== undefined && origin.type !== type)
      walk.error('search-parameter-type', 'type');
    const allowed = new Set(origin.base);
    for (const each of Array.isArray(base) ? base : []) {
      const fits =
        typeof each !== 'string' || types.ancestors(each).some((name) => allowed.has(name));
      if (!fits) walk.error('search-parameter-base', 'base');
    }
  };
}
