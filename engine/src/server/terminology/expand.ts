import type { Answer, FhirRequest, ServerParts } from '../answer.ts';
import { HttpProblem } from '../problem.ts';
import { answered, loaded, notLoaded, withValueSet } from './answers.ts';
import { canonical, inputsOf, needed, whole } from './inputs.ts';

/** Concepts an answer holds, unless it is asked for fewer. */
const mostConcepts = 10_000;
const usualConcepts = 1_000;

/**
 * `ValueSet/$expand` (R4) of `url`, or of a `valueSet` that comes along, with `filter`, `offset`, `count` and
 * `activeOnly`. Codes that are told by their form cannot be listed: 422.
 */
export async function expand(parts: ServerParts, request: FhirRequest): Promise<Answer> {
  const inputs = inputsOf(request, 'valueSet');
  const given = inputs.object('valueSet');
  const { terminology, url } =
    given === undefined
      ? {
          terminology: loaded(parts),
          url: needed(canonical(inputs, 'url', 'valueSetVersion'), 'url'),
        }
      : withValueSet(loaded(parts), given);
  const found = terminology.members(url);
  if ('missing' in found) throw notLoaded(found.missing, [url]);
  if ('endless' in found) throw endless();
  const filter = inputs.text('filter')?.toLowerCase() ?? '';
  const offset = whole(inputs, 'offset', 0, Number.MAX_SAFE_INTEGER);
  const count = whole(inputs, 'count', usualConcepts, mostConcepts);
  const activeOnly = inputs.text('activeOnly') === 'true';
  const contains: object[] = [];
  let total = 0;
  for (const { system, code, display, inactive } of found.members) {
    if (activeOnly && inactive) continue;
    if (filter !== '' && !`${code} ${display}`.toLowerCase().includes(filter)) continue;
    if (total++ < offset || contains.length >= count) continue;
    contains.push({
      system,
      code,
      ...(display !== '' && { display }),
      ...(inactive && { inactive }),
    });
  }
  const timestamp = parts.clock.now().toISOString();
  const version = terminology.valueSet(url)?.version;
  return answered({
    resourceType: 'ValueSet',
    ...(given === undefined || given['url'] !== undefined ? { url: url.replace(/\|.*$/, '') } : {}),
    ...(version !== undefined && { version }),
    status: 'active',
    expansion: { timestamp, total, offset, contains },
  });
}

function endless(): HttpProblem {
  return new HttpProblem(
    422,
    'too-costly',
    'The value set takes in codes that are told by their form and cannot be listed. Ask $validate-code.',
  );
}
