import { compileExpression } from '../../fhirpath/compile.ts';
import { listOf } from './bundleIndex.ts';
import type { StructureDefinition } from './definitions/elements.ts';
import { Kept } from './kept.ts';
import { isAbsolute } from './primitives.ts';
import type { Services } from './services.ts';
import { isObject, type FhirJson, textOf } from './fhirJson.ts';
import type { Walk } from './walk.ts';

/**
 * Extensions (R4 §2.4): a known definition, in a place that it is meant for, as a modifier or not as
 * it says, and with the content that it defines.
 */
export function extensionRule(services: Services): (value: FhirJson, walk: Walk) => void {
  const known = new Kept<ExtensionDefinition | null>();
  return (value, walk) => {
    const { url } = value;
    if (typeof url !== 'string') return;
    if (!isAbsolute(url)) {
      const parent = walk.parentValue();
      const nested = isObject(parent) && typeof parent['url'] === 'string' && isInExtension(walk);
      if (!nested) walk.error('extension-url', 'url');
      return;
    }
    let definition = known.get(url);
    if (definition === undefined) definition = known.keep(url, definitionOf(url, services));
    if (definition === null) return walk.notLoaded('extension', url);
    judge(definition, value, walk, services);
  };
}

interface ExtensionDefinition {
  structure: StructureDefinition;
  isModifier: boolean;
  /** Urls of its parts; undefined for one that has none. */
  parts: ReadonlySet<string> | undefined;
}

function definitionOf(url: string, { definitions }: Services): ExtensionDefinition | null {
  const structure = definitions.structure(url);
  if (structure === undefined || structure.type !== 'Extension') return null;
  const elements = structure.snapshot ?? structure.differential ?? [];
  const parts = elements
    .filter(({ path, fixed }) => path === 'Extension.extension.url' && typeof fixed === 'string')
    .map(({ fixed }) => fixed as string);
  return {
    structure,
    isModifier: elements[0]?.isModifier === true,
    parts: parts.length > 0 ? new Set(parts) : undefined,
  };
}

function isInExtension(walk: Walk): boolean {
  return walk.parent().types[0] === 'Extension';
}

function judge(
  { structure, isModifier, parts }: ExtensionDefinition,
  value: FhirJson,
  walk: Walk,
  services: Services,
): void {
  const { url } = structure;
  if (isModifier !== (walk.name === 'modifierExtension')) {
    walk.error(isModifier ? 'extension-is-modifier' : 'extension-no-modifier', undefined, url);
  }
  if (!fitsContext(structure, walk)) {
    const severity = isForCanonicals(structure, walk) ? 'warning' : 'error';
    walk.tell(severity, 'extension-context', undefined, url);
  }
  if (parts !== undefined) {
    for (const part of listOf(value['extension'])) {
      const name = part['url'];
      if (typeof name === 'string' && !isAbsolute(name) && !parts.has(name)) {
        walk.error('extension-part', 'extension', url);
      }
    }
  }
  services.profiles.run(url, value, walk);
}

function fitsContext(structure: StructureDefinition, walk: Walk): boolean {
  const { context = [] } = structure;
  if (context.length === 0) return true;
  return context.some(({ type, expression }) => {
    if (type === 'extension') return isInside(expression, walk);
    if (type === 'fhirpath') return fitsExpression(expression, walk);
    return fitsElement(expression, walk);
  });
}

/**
 * R4 let some of its extensions stand in one or the other canonical resource; its later packages of
 * extensions let them stand in all.
 */
function isForCanonicals({ url, context = [] }: StructureDefinition, walk: Walk): boolean {
  const isCanonical = (name: string): boolean =>
    /^(?:StructureDefinition|ValueSet|CodeSystem|ConceptMap|SearchParameter|CapabilityStatement|OperationDefinition|ImplementationGuide|Questionnaire|Library|Measure|PlanDefinition|ActivityDefinition|NamingSystem|ElementDefinition|MessageDefinition|CompartmentDefinition|GraphDefinition|StructureMap|TestScript|EventDefinition|ResearchDefinition|EffectEvidenceSynthesis)\b/.test(
      name,
    );
  return (
    url.startsWith('http://hl7.org/fhir/StructureDefinition/') &&
    isCanonical(textOf(walk.holder.resource['resourceType'])) &&
    context.some(({ expression }) => isCanonical(expression))
  );
}

function isInside(url: string, walk: Walk): boolean {
  const parent = walk.parentValue();
  const own = isObject(parent) ? parent['url'] : undefined;
  if (!isInExtension(walk) || typeof own !== 'string') return false;
  // A part of a complex one is named `url#part`, or by itself.
  return own === url || url.endsWith(`#${own}`);
}

/** `Element`, `Patient`, `Patient.contact`, `HumanName.family`: the element, or a type of it. */
function fitsElement(expression: string, walk: Walk): boolean {
  const parent = walk.parent();
  if (parent.path === expression || parent.types.includes(expression)) return true;
  // R4's own definitions say Element where they mean anywhere, resources too.
  if (expression === 'Element' || expression === 'Any' || expression === '*') return true;
  const wanted = expression.replaceAll('[x]', '');
  if (parent.path.replaceAll('[x]', '') === wanted) return true;
  const place = walk.definitionPath();
  const holder = place.slice(0, place.lastIndexOf('.')).replaceAll(/\.ofType\(\w+\)/g, '');
  if (holder === wanted) return true;
  // An element that a type inherits: `Resource.meta`, `DomainResource.text`.
  const last = wanted.slice(wanted.lastIndexOf('.') + 1);
  return (
    /^(?:Domain)?Resource\./.test(wanted) &&
    holder.split('.').length === 2 &&
    holder.endsWith(`.${last}`)
  );
}

const expressions = new Map<string, ((holder: FhirJson) => boolean) | undefined>();

/** Where an expression finds the element in the resource; one that cannot be judged fits. */
function fitsExpression(expression: string, walk: Walk): boolean {
  if (!expressions.has(expression)) {
    let test: ((holder: FhirJson) => boolean) | undefined;
    try {
      const compiled = compileExpression(expression, { input: { kind: 'fhir' } });
      test = (resource) => compiled.many(resource).length > 0;
    } catch {
      test = undefined;
    }
    expressions.set(expression, test);
  }
  const test = expressions.get(expression);
  try {
    return test === undefined || test(walk.holder.resource);
  } catch {
    return true;
  }
}
