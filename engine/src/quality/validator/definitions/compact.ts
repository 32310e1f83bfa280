import { textOf } from '../fhirJson.ts';
import type {
  Binding,
  CodeSystem,
  ConceptDefinition,
  Constraint,
  Definition,
  ElementDefinition,
  ExpandedConcept,
  StructureDefinition,
  TypeReference,
  ValueSet,
  ValueSetInclude,
} from './elements.ts';

type Raw = Readonly<Record<string, unknown>>;

/**
 * What judging needs of a conformance resource, a tenth of it: no text, no examples, no mappings.
 * Undefined for every other resource, and for one without a url.
 */
export function compactDefinition(resource: unknown): Definition | undefined {
  if (!isRaw(resource) || typeof resource['url'] !== 'string') return undefined;
  switch (resource['resourceType']) {
    case 'StructureDefinition':
      return compactStructure(resource);
    case 'CodeSystem':
      return compactCodeSystem(resource);
    case 'ValueSet':
      return compactValueSet(resource);
    case 'SearchParameter': {
      const names = ['resourceType', 'url', 'version', 'code', 'type', 'base'];
      return pick(resource, names) as unknown as Definition;
    }
    default:
      return undefined;
  }
}

function compactStructure(resource: Raw): StructureDefinition {
  const elements = (part: unknown): ElementDefinition[] | undefined =>
    isRaw(part) && Array.isArray(part['element'])
      ? part['element'].filter(isRaw).map(compactElement)
      : undefined;
  const snapshot = elements(resource['snapshot']);
  const picked = pick(resource, [
    'resourceType',
    'url',
    'version',
    'kind',
    'abstract',
    'type',
    'derivation',
    'baseDefinition',
    'context',
    'contextInvariant',
  ]);
  return defined({
    ...picked,
    snapshot,
    differential: snapshot === undefined ? elements(resource['differential']) : undefined,
  }) as unknown as StructureDefinition;
}

function compactElement(raw: Raw): ElementDefinition {
  const element = pick(raw, ['id', 'path', 'sliceName', 'min', 'max', 'contentReference']);
  for (const name of ['slicing', 'maxLength', 'isModifier']) {
    if (raw[name] !== undefined && raw[name] !== false) element[name] = raw[name];
  }
  for (const name of Object.keys(raw)) {
    const open = /^(fixed|pattern|minValue|maxValue)[A-Z]/.exec(name)?.[1];
    if (open !== undefined) element[open] = raw[name];
  }
  if (isRaw(element['slicing'])) {
    element['slicing'] = pick(element['slicing'], ['discriminator', 'ordered', 'rules']);
  }
  return defined({
    ...element,
    type: listOf(raw['type'])?.map(compactType),
    constraint: listOf(raw['constraint'])
      ?.map((each) => pick(each, ['key', 'severity', 'expression']) as unknown as Constraint)
      .filter(({ key }) => key !== 'ele-1'),
    binding: isRaw(raw['binding']) ? compactBinding(raw['binding']) : undefined,
  }) as unknown as ElementDefinition;
}

/** The types of FHIRPath stand for the primitives that FHIR names in an extension (R4 §2.24). */
function compactType(raw: Raw): TypeReference {
  const code = textOf(raw['code']);
  const named = listOf(raw['extension'])?.find((each) =>
    textOf(each['url']).endsWith('/structuredefinition-fhir-type'),
  );
  const type = named?.['valueUrl'] ?? named?.['valueUri'] ?? code.split('/').at(-1);
  return defined({
    code: code.startsWith('http://hl7.org/fhirpath/') ? textOf(type).replace('System.', '') : code,
    ...pick(raw, ['profile', 'targetProfile']),
  });
}

function compactBinding(raw: Raw): Binding {
  const most = listOf(raw['extension'])?.find((each) =>
    textOf(each['url']).endsWith('/elementdefinition-maxValueSet'),
  );
  const maxValueSet = most?.['valueCanonical'] ?? most?.['valueUri'];
  return defined({ ...pick(raw, ['strength', 'valueSet']), maxValueSet }) as unknown as Binding;
}

function compactCodeSystem(resource: Raw): CodeSystem {
  return defined({
    ...pick(resource, ['resourceType', 'url', 'version', 'content', 'caseSensitive']),
    ...pick(resource, ['supplements']),
    concept: listOf(resource['concept'])?.map(compactConcept),
  }) as unknown as CodeSystem;
}

function compactConcept(raw: Raw): ConceptDefinition {
  return defined({
    ...pick(raw, ['code', 'display', 'property']),
    concept: listOf(raw['concept'])?.map(compactConcept),
  }) as unknown as ConceptDefinition;
}

function compactValueSet(resource: Raw): ValueSet {
  const { compose, expansion } = resource;
  const includes = (part: unknown): ValueSetInclude[] | undefined =>
    listOf(part)?.map((each) =>
      defined({
        ...pick(each, ['system', 'version', 'filter', 'valueSet']),
        concept: listOf(each['concept'])?.map((concept) => pick(concept, ['code'])),
      }),
    ) as ValueSetInclude[] | undefined;
  return defined({
    ...pick(resource, ['resourceType', 'url', 'version']),
    compose: isRaw(compose)
      ? defined({ include: includes(compose['include']), exclude: includes(compose['exclude']) })
      : undefined,
    expansion: isRaw(expansion) && isWhole(expansion) ? expanded(expansion) : undefined,
  }) as unknown as ValueSet;
}

function expanded(part: Raw): ExpandedConcept[] | undefined {
  return listOf(part['contains'])?.map((each) =>
    defined({ ...pick(each, ['system', 'code', 'abstract']), contains: expanded(each) }),
  ) as ExpandedConcept[] | undefined;
}

/** An expansion may be a page of one, or cut off because it is too large (R4 §4.9.8). */
function isWhole(expansion: Raw): boolean {
  const count = (list: readonly ExpandedConcept[] = []): number =>
    list.reduce((sum, each) => sum + 1 + count(each.contains), 0);
  const cut = listOf(expansion['extension'])?.some((each) =>
    textOf(each['url']).includes('toocostly'),
  );
  const total = expansion['total'];
  return cut !== true && (typeof total !== 'number' || total <= count(expanded(expansion)));
}

function pick(raw: Raw, names: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(
    names.filter((name) => raw[name] !== undefined).map((name) => [name, raw[name]]),
  );
}

function defined<T extends object>(object: T): T {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as T;
}

function listOf(value: unknown): Raw[] | undefined {
  return Array.isArray(value) ? value.filter(isRaw) : undefined;
}

function isRaw(value: unknown): value is Raw {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
