import {
  canonicalJson,
  isJsonObject,
  parseJson,
  type Json,
  type JsonObject,
} from '../../base/json.ts';
import type { KeptOnChart } from '../../model/person.ts';

/** What a chart keeps of a record, as it is sealed. */
export function keptText(kept: KeptOnChart): string {
  const { identifiers, security, guards, elements, former, replaced } = kept;
  return canonicalJson({
    ...(elements !== undefined && { elements }),
    ...(former !== undefined && { former }),
    guards: [...guards],
    identifiers: [...identifiers],
    security: [...security],
    ...(replaced && { replaced }),
  });
}

/** What a chart keeps of a record of somebody who was erased. */
export const nothingKept: KeptOnChart = { identifiers: [], security: [], guards: [] };

export function keptIn(text: string): KeptOnChart {
  const kept = parseJson(text) as JsonObject;
  const { former, elements } = kept;
  return {
    ...(isJsonObject(elements) && { elements }),
    ...(typeof former === 'string' && { former }),
    identifiers: kept['identifiers'] as Json[],
    security: kept['security'] as Json[],
    guards: kept['guards'] as string[],
    ...(kept['replaced'] === true && { replaced: true }),
  };
}
