/** The parts of FHIR's conformance resources (R4 §5.1, §4.7, §4.8) that judging an instance needs. */

export interface TypeReference {
  code: string;
  profile?: string[];
  targetProfile?: string[];
}

export interface Binding {
  strength: 'required' | 'extensible' | 'preferred' | 'example';
  valueSet?: string;
  /** `elementdefinition-maxValueSet`: whatever the strength, no code may be outside of it. */
  maxValueSet?: string;
}

export interface Constraint {
  key: string;
  severity: 'error' | 'warning';
  expression?: string;
}

export interface Slicing {
  discriminator?: { type: string; path: string }[];
  ordered?: boolean;
  rules?: 'closed' | 'open' | 'openAtEnd';
}

/** One element; `fixed`, `pattern`, `minValue` and `maxValue` without the type in their names. */
export interface ElementDefinition {
  id?: string;
  path: string;
  sliceName?: string;
  min?: number;
  max?: string;
  type?: TypeReference[];
  contentReference?: string;
  slicing?: Slicing;
  fixed?: unknown;
  pattern?: unknown;
  minValue?: unknown;
  maxValue?: unknown;
  maxLength?: number;
  constraint?: Constraint[];
  binding?: Binding;
  isModifier?: boolean;
}

export interface StructureDefinition {
  resourceType: 'StructureDefinition';
  url: string;
  version?: string;
  kind?: string;
  abstract?: boolean;
  type: string;
  derivation?: 'specialization' | 'constraint';
  baseDefinition?: string;
  context?: { type: string; expression: string }[];
  contextInvariant?: string[];
  snapshot?: ElementDefinition[];
  differential?: ElementDefinition[];
}

export interface ConceptDefinition {
  code: string;
  display?: string;
  property?: { code: string; [value: string]: unknown }[];
  concept?: ConceptDefinition[];
}

export interface CodeSystem {
  resourceType: 'CodeSystem';
  url: string;
  version?: string;
  content?: string;
  caseSensitive?: boolean;
  supplements?: string;
  concept?: ConceptDefinition[];
}

export interface ValueSetInclude {
  system?: string;
  version?: string;
  concept?: { code: string }[];
  filter?: { property: string; op: string; value: string }[];
  valueSet?: string[];
}

export interface ExpandedConcept {
  system?: string;
  code?: string;
  abstract?: boolean;
  contains?: ExpandedConcept[];
}

export interface ValueSet {
  resourceType: 'ValueSet';
  url: string;
  version?: string;
  compose?: { include?: ValueSetInclude[]; exclude?: ValueSetInclude[] };
  /** Only where it is whole. */
  expansion?: ExpandedConcept[];
}

export interface SearchParameter {
  resourceType: 'SearchParameter';
  url: string;
  version?: string;
  code?: string;
  type?: string;
  base?: string[];
}

export type Definition = StructureDefinition | CodeSystem | ValueSet | SearchParameter;
