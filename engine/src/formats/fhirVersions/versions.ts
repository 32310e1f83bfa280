import { dstu2Renamed, dstu2Rules } from './dstu2.ts';
import { r5Renamed, r5Rules } from './r5.ts';
import type { Rule } from './rule.ts';
import { stu3Financial } from './stu3Financial.ts';
import { stu3Renamed, stu3Clinical } from './stu3Clinical.ts';
import { stu3Workflow } from './stu3Workflow.ts';
import { stu3Types } from './stu3Types.ts';

/** Versions of FHIR that are read: 1.0.2, 3.0.2, 4.0.1, 4.3.0 and 5.0.0. */
export type FhirVersion = 'DSTU2' | 'STU3' | 'R4' | 'R4B' | 'R5';

export const fhirVersions: readonly FhirVersion[] = ['DSTU2', 'STU3', 'R4', 'R4B', 'R5'];

interface Version {
  /** What comes before the path in the name of an extension of that version (R4 §2.1.2). */
  extensionBase: string;
  /** Resources that are called otherwise in R4. */
  renamed: Readonly<Record<string, string>>;
  /** Differences by the name of the resource, or of the R4 type they are in. */
  rules: Readonly<Record<string, readonly Rule[]>>;
}

const base = (version: string): string =>
  `http://hl7.org/fhir/${version}/StructureDefinition/extension-`;

export const versions: Readonly<Record<FhirVersion, Version>> = {
  DSTU2: { extensionBase: base('1.0'), renamed: dstu2Renamed, rules: dstu2Rules },
  STU3: {
    extensionBase: base('3.0'),
    renamed: stu3Renamed,
    rules: { ...stu3Types, ...stu3Clinical, ...stu3Workflow, ...stu3Financial },
  },
  R4: { extensionBase: base('4.0'), renamed: {}, rules: {} },
  R4B: { extensionBase: base('4.3'), renamed: {}, rules: {} },
  R5: { extensionBase: base('5.0'), renamed: r5Renamed, rules: r5Rules },
};
