import { isJsonObject, type Json, type JsonObject } from '../../../base/json.ts';

/** Parts of FHIR R4 resources that say who or what they are of. */

/** The name that somebody goes by: official, then whatever is not of former times. */
export function nameOf(names: readonly JsonObject[]): JsonObject | undefined {
  const usual = names.filter(
    (name) => !/^(old|maiden|nickname|anonymous)$/.test(text(name, 'use') ?? ''),
  );
  return usual.find((name) => text(name, 'use') === 'official') ?? usual[0] ?? names[0];
}

export const current = (addresses: readonly JsonObject[]): JsonObject | undefined =>
  addresses.find((one) => text(one, 'use') !== 'old');

/** Unknown and other say nothing against anybody. */
export function sexOf(gender: string | undefined): string | undefined {
  return gender === 'male' ? 'M' : gender === 'female' ? 'F' : undefined;
}

/** Labels of a resource. */
export function labelsOf({ meta }: JsonObject): JsonObject[] {
  return isJsonObject(meta) ? items(meta['security']) : [];
}

export function items(value: Json | undefined): JsonObject[] {
  return Array.isArray(value) ? value.filter((one) => isJsonObject(one)) : [];
}

export function strings(value: Json | undefined): string[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : [];
}

export function text(of: JsonObject, name: string): string | undefined {
  const value = of[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
}
