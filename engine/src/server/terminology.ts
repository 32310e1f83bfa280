import {
  canonicalJson,
  isJsonObject,
  JsonSyntaxError,
  parseJson,
  toJson,
  type Json,
} from '../base/json.ts';
import type { MemberAnswer } from '../terminology/lookup.ts';
import type { Terminology } from '../terminology/terminology.ts';
import type { MapTarget } from '../terminology/translation.ts';
import type { Answer, FhirRequest, ServerParts } from './answer.ts';
import { HttpProblem } from './problem.ts';

/** What an operation was asked with: names of R4, those of a Coding among them. */
type Inputs = ReadonlyMap<string, string>;

/** Concepts an answer holds, unless it is asked for fewer. */
const mostConcepts = 10_000;
const usualConcepts = 1_000;

/** `CodeSystem/$validate-code` (R4). A system that is not loaded is 404, never "no". */
export async function validateCode(parts: ServerParts, request: FhirRequest): Promise<Answer> {
  const inputs = inputsOf(request);
  const code = needed(inputs, 'code');
  return judged(
    loaded(parts).validate(inputs.get('url') ?? inputs.get('system'), code),
    code,
    inputs,
  );
}

/** `ValueSet/$validate-code` (R4). */
export async function validateMember(parts: ServerParts, request: FhirRequest): Promise<Answer> {
  const inputs = inputsOf(request);
  const code = needed(inputs, 'code');
  const answer = loaded(parts).validateIn(needed(inputs, 'url'), inputs.get('system'), code);
  return judged(answer, code, inputs);
}

/** `ValueSet/$expand` (R4) with `filter`, `offset`, `count` and `activeOnly`. */
export async function expand(parts: ServerParts, request: FhirRequest): Promise<Answer> {
  const inputs = inputsOf(request);
  const url = needed(inputs, 'url');
  const members = loaded(parts).members(url);
  if (members === undefined) throw notLoaded();
  const filter = inputs.get('filter')?.toLowerCase() ?? '';
  const offset = whole(inputs, 'offset', 0, Number.MAX_SAFE_INTEGER);
  const count = whole(inputs, 'count', usualConcepts, mostConcepts);
  const activeOnly = inputs.get('activeOnly') === 'true';
  const contains: object[] = [];
  let total = 0;
  for (const { system, code, display, inactive } of members) {
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
  return answered({
    resourceType: 'ValueSet',
    url,
    status: 'active',
    expansion: { timestamp, total, offset, contains },
  });
}

/** `ConceptMap/$translate` (R4). Several alternatives are no result: somebody has to choose. */
export async function translate(parts: ServerParts, request: FhirRequest): Promise<Answer> {
  const inputs = inputsOf(request);
  const target = inputs.get('targetsystem');
  const url = inputs.get('url');
  const found = loaded(parts).translate(needed(inputs, 'system'), needed(inputs, 'code'), {
    ...(target !== undefined && { target }),
    ...(url !== undefined && { url }),
  });
  if (found.kind === 'no-map') throw notLoaded();
  const targets = 'targets' in found ? found.targets : [];
  return parameters([
    { name: 'result', valueBoolean: found.kind === 'matched' },
    { name: 'message', valueString: translated[found.kind] },
    ...targets.map(matchOf),
  ]);
}

const translated = {
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

function judged(answer: MemberAnswer, code: string, inputs: Inputs): Answer {
  switch (answer.kind) {
    case 'not-loaded':
    case 'set-not-loaded':
      throw notLoaded();
    case 'unknown':
      return refused('unknown: there is no such code');
    case 'not-in-set':
      return refused('the code is not in the value set');
    case 'ambiguous':
      return refused(`ambiguous: ${answer.systems.join(', ')} have the code`);
    case 'active':
    case 'inactive': {
      const { system, concept } = answer;
      const { display, inactive, replacedBy } = concept;
      const given = inputs.get('display');
      const differs = given !== undefined && given.toLowerCase() !== display.toLowerCase();
      const message = [
        ...(inactive ? ['inactive: the code must not be used any more'] : []),
        ...(replacedBy.length > 0 ? [`replaced by ${replacedBy.join(', ')}`] : []),
        ...(differs ? ['the display is another'] : []),
      ];
      return parameters([
        { name: 'result', valueBoolean: !differs },
        { name: 'code', valueCode: code },
        { name: 'system', valueUri: system },
        ...(display === '' ? [] : [{ name: 'display', valueString: display }]),
        ...(inactive ? [{ name: 'inactive', valueBoolean: true }] : []),
        ...(message.length === 0 ? [] : [{ name: 'message', valueString: message.join('; ') }]),
      ]);
    }
  }
}

function refused(message: string): Answer {
  return parameters([
    { name: 'result', valueBoolean: false },
    { name: 'message', valueString: message },
  ]);
}

function parameters(parameter: readonly object[]): Answer {
  return answered({ resourceType: 'Parameters', parameter });
}

/** Nothing of a patient is in it. */
function answered(resource: object): Answer {
  return {
    status: 200,
    body: canonicalJson(toJson(resource)),
    disclosed: { action: 'read', seen: [] },
  };
}

function loaded({ terminology }: ServerParts): Terminology {
  if (terminology === undefined) throw notLoaded();
  return terminology;
}

function notLoaded(): HttpProblem {
  return new HttpProblem(404, 'not-found', 'What is needed to answer is not loaded here.');
}

function needed(inputs: Inputs, name: string): string {
  const value = inputs.get(name);
  if (value !== undefined && value !== '') return value;
  throw new HttpProblem(400, 'invalid', `The parameter ${name} is missing.`);
}

function whole(inputs: Inputs, name: string, usual: number, most: number): number {
  const text = inputs.get(name);
  if (text === undefined) return usual;
  if (/^\d{1,9}$/.test(text)) return Math.min(Number(text), most);
  throw new HttpProblem(400, 'invalid', `The parameter ${name} is no whole number.`);
}

function inputsOf({ body, parameters: asked }: FhirRequest): Inputs {
  const inputs = new Map(asked);
  if (body.length === 0) return inputs;
  let json: Json;
  try {
    json = parseJson(body.toString('utf8'));
  } catch (error) {
    if (!(error instanceof JsonSyntaxError)) throw error;
    throw new HttpProblem(400, 'invalid', 'The body is no JSON.');
  }
  const list = isJsonObject(json) ? json['parameter'] : undefined;
  if (!isJsonObject(json) || json['resourceType'] !== 'Parameters' || !Array.isArray(list)) {
    throw new HttpProblem(400, 'invalid', 'The body is no Parameters.');
  }
  for (const each of list) {
    if (!isJsonObject(each) || typeof each['name'] !== 'string') continue;
    const key = Object.keys(each).find((name) => name.startsWith('value'));
    const value = key === undefined ? undefined : each[key];
    if (isJsonObject(value)) {
      for (const [name, inner] of Object.entries(value)) {
        if (typeof inner === 'string') inputs.set(name, inner);
      }
    } else if (value !== undefined && value !== null && !Array.isArray(value))
      inputs.set(each['name'], String(value));
  }
  return inputs;
}
