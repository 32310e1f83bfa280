import {
  isJsonObject,
  JsonNumber,
  JsonSyntaxError,
  parseJson,
  type Json,
  type JsonObject,
} from '../../base/json.ts';
import type { AskedCode } from '../../terminology/judgement.ts';
import type { FhirRequest } from '../answer.ts';
import { HttpProblem } from '../problem.ts';

/** What an operation was asked with: its parameters by the names of R4. */
export interface Inputs {
  text(name: string): string | undefined;
  object(name: string): JsonObject | undefined;
}

/**
 * Parameters of the address, and those of a body over them: R4 Parameters, or the one resource that an
 * operation is about (a ValueSet to `$expand`).
 * @param resource the name of the parameter that such a resource is
 */
export function inputsOf({ body, parameters: asked }: FhirRequest, resource?: string): Inputs {
  const values = new Map<string, Json>(asked);
  if (body.length > 0) {
    const json = bodyOf(body);
    const { resourceType } = json;
    if (resourceType === 'Parameters' && Array.isArray(json['parameter'])) {
      for (const each of json['parameter']) {
        const value = isJsonObject(each) ? valueOf(each) : undefined;
        if (isJsonObject(each) && typeof each['name'] === 'string' && value !== undefined)
          values.set(each['name'], value);
      }
    } else if (typeof resourceType === 'string' && parameterOf(resourceType) === resource)
      values.set(resource, json);
    else throw new HttpProblem(400, 'invalid', 'The body is no Parameters.');
  }
  return {
    text: (name) => {
      const value = values.get(name);
      if (value instanceof JsonNumber) return value.text;
      return typeof value === 'string' || typeof value === 'boolean' ? String(value) : undefined;
    },
    object: (name) => {
      const value = values.get(name);
      return isJsonObject(value) ? value : undefined;
    },
  };
}

function parameterOf(resourceType: string): string {
  return `${resourceType.slice(0, 1).toLowerCase()}${resourceType.slice(1)}`;
}

function bodyOf(body: Buffer): JsonObject {
  let json: Json;
  try {
    json = parseJson(body.toString('utf8'));
  } catch (error) {
    if (!(error instanceof JsonSyntaxError)) throw error;
    const what = error.code === 'json-key-repeated' ? 'has a key twice' : 'is no JSON';
    throw new HttpProblem(400, 'invalid', `The body ${what}, at character ${error.offset}.`);
  }
  if (isJsonObject(json)) return json;
  throw new HttpProblem(400, 'invalid', 'The body is no Parameters.');
}

function valueOf(parameter: JsonObject): Json | undefined {
  if (parameter['resource'] !== undefined) return parameter['resource'];
  const key = Object.keys(parameter).find((name) => name.startsWith('value'));
  return key === undefined ? undefined : parameter[key];
}

/**
 * The codes that are asked after, one of `code`, `coding` and `codeableConcept`.
 * @param versions names of the parameter that is the version of the code's system
 * @throws HttpProblem 400 where there is none
 */
export function codesOf(inputs: Inputs, versions: readonly string[]): AskedCode[] {
  const code = inputs.text('code');
  const coding = inputs.object('coding');
  const concept = inputs.object('codeableConcept');
  const version = versions.map((name) => inputs.text(name)).find((each) => each !== undefined);
  if (code !== undefined && code !== '') {
    return [{ code, version, system: inputs.text('system'), display: inputs.text('display') }];
  }
  const list = coding === undefined ? concept?.['coding'] : [coding];
  const found = (Array.isArray(list) ? list : []).flatMap((each) => codingOf(each, version));
  if (found.length > 0) return found;
  throw new HttpProblem(
    400,
    'invalid',
    'A code is missing: give code, coding or codeableConcept with a code.',
  );
}

function codingOf(json: Json, version: string | undefined): AskedCode[] {
  if (!isJsonObject(json)) return [];
  const { code } = json;
  if (typeof code !== 'string' || code === '') return [];
  const text = (name: string): string | undefined => {
    const value = json[name];
    return typeof value === 'string' && value !== '' ? value : undefined;
  };
  return [
    { code, system: text('system'), version: text('version') ?? version, display: text('display') },
  ];
}

/** A canonical, with the version that stands in it or beside it. */
export function canonical(
  inputs: Inputs,
  name: string,
  ...versions: readonly string[]
): string | undefined {
  const url = inputs.text(name);
  const version = versions.map((each) => inputs.text(each)).find((each) => each !== undefined);
  if (url === undefined || url === '' || version === undefined || url.includes('|'))
    return url === '' ? undefined : url;
  return `${url}|${version}`;
}

export function needed(value: string | undefined, name: string): string {
  if (value !== undefined && value !== '') return value;
  throw new HttpProblem(400, 'invalid', `The parameter ${name} is missing.`);
}

export function whole(inputs: Inputs, name: string, usual: number, most: number): number {
  const text = inputs.text(name);
  if (text === undefined) return usual;
  if (/^\d{1,9}$/.test(text)) return Math.min(Number(text), most);
  throw new HttpProblem(400, 'invalid', `The parameter ${name} is no whole number.`);
}
