import { isJsonObject, JsonNumber, type Json, type JsonObject } from '../base/json.ts';
import type { Equivalence } from './codeMap.ts';
import { ConceptTable } from './concepts.ts';
import { TranslationMap } from './translation.ts';
import type { ValueSetPart, ValueSetRules } from './valueSet.ts';

/** A CodeSystem whose concepts are all in it; `undefined` for a fragment or one without an address. */
export function codeSystemOf(resource: JsonObject): ConceptTable | undefined {
  const { url, version, content, caseSensitive } = resource;
  if (typeof url !== 'string' || (content !== undefined && content !== 'complete'))
    return undefined;
  const table = new ConceptTable(url, {
    fold: caseSensitive === false,
    ...(typeof version === 'string' && { version }),
  });
  addConcepts(table, resource['concept'], undefined);
  return table;
}

function addConcepts(
  table: ConceptTable,
  json: Json | undefined,
  parent: string | undefined,
): void {
  for (const concept of objects(json)) {
    const { code } = concept;
    if (typeof code !== 'string') continue;
    table.add(code, textOf(concept['display']), isInactive(concept));
    if (parent !== undefined) table.addParent(code, parent);
    for (const property of objects(concept['property'])) addProperty(table, code, property);
    addConcepts(table, concept['concept'], code);
  }
}

/** Properties that R4 defines for any system (CodeSystem, defined concept properties). */
function isInactive({ property }: JsonObject): boolean {
  return objects(property).some(({ code, valueBoolean, valueCode }) => {
    if (code === 'inactive' || code === 'notSelectable')
      return code === 'inactive' && valueBoolean === true;
    return (
      code === 'status' &&
      (valueCode === 'retired' || valueCode === 'inactive' || valueCode === 'deprecated')
    );
  });
}

function addProperty(table: ConceptTable, code: string, property: JsonObject): void {
  const { code: name, valueCode } = property;
  const key = Object.keys(property).find((each) => each.startsWith('value'));
  const value = textOf(key === undefined ? undefined : property[key]);
  if (typeof name === 'string' && value !== '') table.addProperty(code, name, value);
  if (typeof valueCode !== 'string') return;
  if (name === 'parent' || name === 'subsumedBy') table.addParent(code, valueCode);
  if (name === 'child') table.addParent(valueCode, code);
  if (name === 'replacedBy') table.addReplacement(code, valueCode);
}

/** A ValueSet by its rules, and where these cannot be followed by its expansion. */
export function valueSetOf(resource: JsonObject): ValueSetRules | undefined {
  const { url, version, compose, expansion } = resource;
  if (typeof url !== 'string') return undefined;
  const named = { url, ...(typeof version === 'string' && { version }) };
  const listed = isJsonObject(expansion) ? listedParts(expansion) : undefined;
  if (isJsonObject(compose)) {
    return {
      ...named,
      include: objects(compose['include']).map(partOf),
      exclude: objects(compose['exclude']).map(partOf),
      ...(listed !== undefined && { listed }),
    };
  }
  return listed && { ...named, include: listed, exclude: [] };
}

/** Undefined for a page of an expansion (R4 §4.9.8): what is not on it may be in the set. */
function listedParts({ contains, total }: JsonObject): ValueSetPart[] | undefined {
  const codes = flattened(contains);
  if (Number(textOf(total)) > codes.length) return undefined;
  return [...Map.groupBy(codes, ({ system }) => system)].map(([system, found]) => ({
    system,
    codes: new Map(found.map(({ code, display }) => [code, display])),
    filters: [],
    sets: [],
  }));
}

function partOf(part: JsonObject): ValueSetPart {
  const { system, concept, valueSet } = part;
  return {
    system: typeof system === 'string' ? system : undefined,
    codes:
      concept === undefined
        ? undefined
        : new Map(
            objects(concept).map((each) => [
              textOf(each['code']),
              typeof each['display'] === 'string' ? each['display'] : undefined,
            ]),
          ),
    filters: objects(part['filter']).map((each) => ({
      property: textOf(each['property']),
      op: textOf(each['op']),
      value: textOf(each['value']),
    })),
    sets: (Array.isArray(valueSet) ? valueSet : []).filter((each) => typeof each === 'string'),
  };
}

function flattened(
  json: Json | undefined,
): { system: string | undefined; code: string; display: string | undefined }[] {
  return objects(json).flatMap((each) => {
    const { system, code, display } = each;
    const inner = flattened(each['contains']);
    if (typeof code !== 'string' || each['abstract'] === true) return inner;
    const own = {
      system: typeof system === 'string' ? system : undefined,
      code,
      display: typeof display === 'string' ? display : undefined,
    };
    return [own, ...inner];
  });
}

/** A ConceptMap: a map for each of its groups. */
export function mapsOf(resource: JsonObject): TranslationMap[] {
  const url = textOf(resource['url']);
  const { version } = resource;
  return objects(resource['group']).flatMap((group) => {
    const { source, target } = group;
    if (typeof source !== 'string' || typeof target !== 'string') return [];
    const map = new TranslationMap(
      url,
      source,
      target,
      typeof version === 'string' ? version : undefined,
    );
    for (const element of objects(group['element'])) {
      const code = textOf(element['code']);
      const targets = objects(element['target']);
      if (targets.length === 0) map.add(code);
      for (const each of targets) {
        const equivalence = (each['equivalence'] ?? 'relatedto') as Equivalence;
        const to = textOf(each['code']);
        const display = typeof each['display'] === 'string' ? each['display'] : undefined;
        map.add(code, to === '' ? undefined : { system: target, code: to, display, equivalence });
      }
    }
    return [map];
  });
}

function objects(json: Json | undefined): JsonObject[] {
  return Array.isArray(json) ? json.filter(isJsonObject) : [];
}

function textOf(json: Json | undefined): string {
  if (json instanceof JsonNumber) return json.text;
  if (typeof json === 'boolean') return String(json);
  return typeof json === 'string' ? json : '';
}
