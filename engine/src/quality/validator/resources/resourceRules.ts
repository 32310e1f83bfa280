import { listOf } from '../bundleIndex.ts';
import type { Services } from '../services.ts';
import type { FhirJson } from '../fhirJson.ts';
import type { Walk } from '../walk.ts';
import { bundleRule } from './bundles.ts';
import { capabilityStatementRule, searchParameterRule } from './capabilities.ts';
import { codeSystemRule } from './codeSystems.ts';
import { observationRule } from './observations.ts';
import { questionnaireResponseRule } from './questionnaireResponses.ts';
import { questionnaireRule } from './questionnaires.ts';
import { structureDefinitionRule } from './structures.ts';
import { conceptMapRule, valueSetRule } from './valueSets.ts';

/** What the standard says in words of a resource; its elements have been judged. */
export type ResourceRule = (resource: FhirJson, walk: Walk) => void;

const rulesOf: Readonly<Record<string, (services: Services) => ResourceRule>> = {
  Bundle: () => bundleRule,
  CapabilityStatement: capabilityStatementRule,
  CodeSystem: () => codeSystemRule,
  ConceptMap: conceptMapRule,
  Observation: observationRule,
  Questionnaire: () => questionnaireRule,
  QuestionnaireResponse: () => questionnaireResponseRule,
  SearchParameter: searchParameterRule,
  StructureDefinition: structureDefinitionRule,
  ValueSet: valueSetRule,
};

export function resourceRules(type: string, services: Services): readonly ResourceRule[] {
  const own = Object.hasOwn(rulesOf, type) ? rulesOf[type] : undefined;
  return own === undefined ? [containedRule] : [containedRule, own(services)];
}

/** What is contained has an id of its own, by which it is referred to (R4 §2.3.0.3). */
function containedRule({ contained }: FhirJson, walk: Walk): void {
  if (contained === undefined) return;
  const ids = new Set<unknown>();
  for (const { id } of listOf(contained)) {
    if (id === undefined) walk.error('contained-id', 'contained');
    else if (ids.has(id)) walk.error('id-repeated', 'contained');
    ids.add(id);
  }
}
