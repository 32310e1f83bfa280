import { canonicalJson, parseJson, type Json, type JsonObject } from '../../base/json.ts';
import type { KeptOnChart } from '../../model/person.ts';

/** What a chart keeps of a record, as it is sealed. */
export function keptText({ identifiers, security, guards }: KeptOnChart): string {
  return canonicalJson({
    guards: [...guards],
    identifiers: [...identifiers],
    security: [...security],
  });
}

export function keptIn(text: string): KeptOnChart {
  const kept = parseJson(text) as JsonObject;
  return {
    identifiers: kept['identifiers'] as Json[],
    security: kept['security'] as Json[],
    guards: kept['guards'] as string[],
  };
}
