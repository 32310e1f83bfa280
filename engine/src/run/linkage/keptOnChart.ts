import { canonicalJson, parseJson, type Json, type JsonObject } from '../../base/json.ts';
import type { KeptOnChart } from '../../model/person.ts';

/** What a chart keeps of a record, as it is sealed. */
export function keptText({ identifiers, security, guards, former, replaced }: KeptOnChart): string {
  return canonicalJson({
    ...(former !== undefined && { former }),
    guards: [...guards],
    identifiers: [...identifiers],
    security: [...security],
    ...(replaced && { replaced }),
  });
}

export function keptIn(text: string): KeptOnChart {
  const kept = parseJson(text) as JsonObject;
  const former = kept['former'];
  return {
    ...(typeof former === 'string' && { former }),
    identifiers: kept['identifiers'] as Json[],
    security: kept['security'] as Json[],
    guards: kept['guards'] as string[],
    ...(kept['replaced'] === true && { replaced: true }),
  };
}
