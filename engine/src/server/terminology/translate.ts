import type { MapTarget, Translation } from '../../terminology/translation.ts';
import type { Answer, FhirRequest, ServerParts } from '../answer.ts';
import { HttpProblem } from '../problem.ts';
import { loaded, notLoaded, ofConceptMap, parameters } from './answers.ts';
import { canonical, codesOf, inputsOf, needed } from './inputs.ts';

/**
 * `ConceptMap/$translate` (R4) by the maps of `url`, of all that are loaded, or of a `conceptMap` that comes
 * along. Several alternatives are no result: somebody has to choose.
 */
export async function translate(parts: ServerParts, request: FhirRequest): Promise<Answer> {
  const inputs = inputsOf(request);
  if (inputs.text('reverse') === 'true') {
    throw new HttpProblem(
      400,
      'not-supported',
      'Maps are not read backwards: name one of that way.',
    );
  }
  const given = inputs.object('conceptMap');
  const terminology = given === undefined ? loaded(parts) : ofConceptMap(given);
  const target = inputs.text('targetsystem');
  const url = given === undefined ? canonical(inputs, 'url', 'conceptMapVersion') : undefined;
  const translated = codesOf(inputs, ['version']).map((asked) =>
    terminology.translate(needed(asked.system, 'system'), asked.code, {
      ...(target !== undefined && { target }),
      ...(url !== undefined && { url }),
    }),
  );
  const found = bestOf(translated);
  if (found === undefined) throw notLoaded();
  const targets = 'targets' in found ? found.targets : [];
  return parameters([
    { name: 'result', valueBoolean: found.kind === 'matched' },
    { name: 'message', valueString: messages[found.kind] },
    ...targets.map(matchOf),
  ]);
}

const kinds = ['matched', 'ambiguous', 'unmatched', 'unknown'] as const;

/** Of the codings of a concept the one that says most. */
function bestOf(all: readonly Translation[]): Exclude<Translation, { kind: 'no-map' }> | undefined {
  for (const kind of kinds) {
    const found = all.find((each) => each.kind === kind);
    if (found !== undefined && found.kind !== 'no-map') return found;
  }
  return undefined;
}

const messages = {
  matched: 'translated',
  ambiguous: 'ambiguous: there are several alternatives',
  unmatched: 'unmatched: the map says that there is none',
  unknown: 'unknown: no map knows the code',
};

function matchOf({
  system,
  code,
  display,
  equivalence,
  combination,
  scenario,
  choice,
}: MapTarget): object {
  const concept = { system, code, ...(display !== undefined && { display }) };
  const product = `scenario ${scenario}, choice ${choice}`;
  return {
    name: 'match',
    part: [
      { name: 'equivalence', valueCode: equivalence },
      { name: 'concept', valueCoding: concept },
      ...(combination === true
        ? [{ name: 'message', valueString: `combination: ${product}` }]
        : []),
    ],
  };
}
