import { canonicalJson, toJson, type JsonObject } from '../../base/json.ts';
import { codeSystemOf, mapsOf, valueSetOf } from '../../terminology/fhirTerminology.ts';
import { Terminology } from '../../terminology/terminology.ts';
import type { Answer, ServerParts } from '../answer.ts';
import { HttpProblem } from '../problem.ts';

/** An R4 Parameters. */
export function parameters(parameter: readonly object[]): Answer {
  return answered({ resourceType: 'Parameters', parameter });
}

/** Nothing of a patient is in it. */
export function answered(resource: object): Answer {
  return {
    status: 200,
    body: canonicalJson(toJson(resource)),
    disclosed: { action: 'read', seen: [] },
  };
}

export function loaded({ terminology }: ServerParts): Terminology {
  return terminology ?? new Terminology();
}

/**
 * @param missing the canonical of what would have to be loaded
 * @param asked what the request names: that is not told back
 */
export function notLoaded(
  missing?: string,
  asked: readonly (string | undefined)[] = [],
): HttpProblem {
  const named = missing === undefined || isAsked(missing, asked) ? '' : `: ${missing}`;
  const next = 'Serve with --terminology, or with a guide in the plan.';
  const message = `What is needed to answer is not loaded here${named}. ${next}`;
  return new HttpProblem(404, 'not-found', message);
}

function isAsked(missing: string, asked: readonly (string | undefined)[]): boolean {
  const url = (text: string): string => text.replace(/[|#].*$/, '');
  return asked.some((each) => each !== undefined && url(each) === url(missing));
}

/** A resource without a name of its own is known by this one, for one request. */
const unnamed = 'urn:handover:inline';

/** Terminology with a ValueSet that came with the request, and the name by which it is known. */
export function withValueSet(
  terminology: Terminology,
  resource: JsonObject,
): { terminology: Terminology; url: string } {
  const rules = valueSetOf({ ...resource, url: resource['url'] ?? unnamed });
  if (resource['resourceType'] !== 'ValueSet' || rules === undefined) throw unreadable('valueSet');
  const own = new Terminology(terminology);
  own.addValueSet(rules);
  return { terminology: own, url: rules.url };
}

/** As `withValueSet`, of a CodeSystem. */
export function withCodeSystem(
  terminology: Terminology,
  resource: JsonObject,
): { terminology: Terminology; url: string } {
  const table = codeSystemOf({ ...resource, url: resource['url'] ?? unnamed });
  if (resource['resourceType'] !== 'CodeSystem' || table === undefined)
    throw unreadable('codeSystem');
  const own = new Terminology(terminology);
  own.addSystem(table);
  return { terminology: own, url: table.system };
}

/** Terminology that translates by a ConceptMap of the request alone. */
export function ofConceptMap(resource: JsonObject): Terminology {
  const maps = resource['resourceType'] === 'ConceptMap' ? mapsOf(resource) : [];
  if (maps.length === 0) throw unreadable('conceptMap');
  const own = new Terminology();
  for (const map of maps) own.addMap(map);
  return own;
}

function unreadable(name: string): HttpProblem {
  return new HttpProblem(400, 'invalid', `The parameter ${name} is no resource to answer from.`);
}
