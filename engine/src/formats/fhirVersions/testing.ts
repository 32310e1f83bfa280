import * as fc from 'fast-check';
import { isJsonObject, JsonNumber, toJson, type Json, type JsonObject } from '../../base/json.ts';
import { fhirTypeNames, r4Model, type FhirModel, type FhirType } from '../../fhirpath/model.ts';
import { jsonElements } from '../fhirElements.ts';
import dstu2Types from './model/dstu2.json' with { type: 'json' };
import r5Types from './model/r5.json' with { type: 'json' };
import stu3Types from './model/stu3.json' with { type: 'json' };
import { modelOf, type FhirVersion } from './versions.ts';

const primitives: Readonly<Record<string, Json>> = {
  boolean: true,
  integer: new JsonNumber('3'),
  positiveInt: new JsonNumber('3'),
  unsignedInt: new JsonNumber('3'),
  decimal: new JsonNumber('1.10'),
  uri: 'http://x.example/a',
  url: 'http://x.example/a',
  canonical: 'http://x.example/a',
};

const aside = /^(?:_|extension|modifierExtension|contained|text|meta|implicitRules|language)/;
const never = /^(?:_?contained|_?implicitRules|fhir_comments|resourceType)$/;

/** An item of a type with some of its elements, down to a depth. */
function item(type: FhirType, depth: number, left: RegExp): fc.Arbitrary<Json> {
  if (type.kind === 'primitive') return fc.constant(primitives[type.name] ?? 'final');
  if (type.name === 'Reference') return fc.constant(toJson({ reference: 'Patient/1' }));
  const keys = [...jsonElements(type)].filter(
    ([key, element]) =>
      !left.test(key) &&
      element.type.kind !== 'resource' &&
      (depth > 0 || element.type.kind === 'primitive'),
  );
  // One type of a choice, and few elements.
  return fc
    .uniqueArray(fc.constantFrom(...keys), {
      maxLength: 6,
      selector: ([, each]) => each.definition,
    })
    .chain((chosen) =>
      fc.record(
        Object.fromEntries(
          chosen.map(([key, element]) => [
            key,
            item(element.type, depth - 1, left).map((one): Json => (element.repeats ? [one] : one)),
          ]),
        ),
      ),
    );
}

function anyOf(model: FhirModel, all: readonly string[], left: RegExp): fc.Arbitrary<JsonObject> {
  const names = all.filter((name) => {
    const type = model.type(name);
    const isOne = type?.kind === 'resource' && !type.abstract;
    return isOne && !/^(?:Bundle|Parameters|Binary)$/.test(name);
  });
  return fc.constantFrom(...names).chain((resourceType) =>
    item(model.type(resourceType) as FhirType, 2, left).map((members): JsonObject => ({
      resourceType,
      ...(members as JsonObject),
    })),
  );
}

/** Resources of R4 with elements of their own types, and nothing beside them. */
export function someResource(): fc.Arbitrary<JsonObject> {
  return anyOf(r4Model, fhirTypeNames(), aside);
}

const typesOf = { DSTU2: dstu2Types, STU3: stu3Types, R5: r5Types };

/** Versions whose resources can be made up by their own types. */
export const modelled = Object.keys(typesOf) as (keyof typeof typesOf & FhirVersion)[];

/**
 * Resources of another version, with ids and extensions anywhere, of which no two values are the same.
 */
export function distinctResource(version: keyof typeof typesOf): fc.Arbitrary<JsonObject> {
  return anyOf(modelOf(version), Object.keys(typesOf[version]), never).map((resource) => {
    let turn = 100_000;
    const distinct = (json: Json, key: string): Json => {
      if (Array.isArray(json)) return json.map((each) => distinct(each, key));
      if (isJsonObject(json)) {
        const members = Object.entries(json).map(
          ([name, each]) => [name, name === 'resourceType' ? each : distinct(each, name)] as const,
        );
        return Object.fromEntries(members);
      }
      if (json instanceof JsonNumber) return new JsonNumber(`${++turn}${json.text.slice(1)}`);
      if (typeof json !== 'string') return json;
      return key === 'reference' ? `Patient/v${++turn}z` : `v${++turn}z`;
    };
    return distinct(resource, '') as JsonObject;
  });
}
