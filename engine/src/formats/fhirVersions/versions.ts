import { dstu2Renamed, dstu2Rules } from './dstu2.ts';
import { r5Renamed, r5Rules } from './r5.ts';
import { FhirModel, r4Model, type FhirType } from '../../fhirpath/model.ts';
import dstu2ModelTypes from './model/dstu2.json' with { type: 'json' };
import r5Types from './model/r5.json' with { type: 'json' };
import stu3ModelTypes from './model/stu3.json' with { type: 'json' };
import { missingInR4B } from './r4b.ts';
import type { Rule } from './rule.ts';
import { stu3Financial } from './stu3Financial.ts';
import { stu3Renamed, stu3Clinical } from './stu3Clinical.ts';
import { stu3Workflow } from './stu3Workflow.ts';
import { stu3Types } from './stu3Types.ts';

/** Versions of FHIR that are read and written: 1.0.2, 3.0.2, 4.0.1, 4.3.0 and 5.0.0. */
export type FhirVersion = 'DSTU2' | 'STU3' | 'R4' | 'R4B' | 'R5';

export const fhirVersions: readonly FhirVersion[] = ['DSTU2', 'STU3', 'R4', 'R4B', 'R5'];

export interface Version {
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

/** What R4 becomes: the types of that version, and its names of R4's resources. */
interface Backward {
  model: () => FhirModel;
  renamed: Readonly<Record<string, string>>;
}

/** A model of half a megabyte is built when it is first asked for. */
function once(make: () => FhirModel): () => FhirModel {
  let made: FhirModel | undefined;
  return () => (made ??= make());
}

const asIs = { model: (): FhirModel => r4Model, renamed: {} };

export const backwards: Readonly<Record<FhirVersion, Backward>> = {
  DSTU2: {
    model: once(() => new FhirModel(dstu2ModelTypes)),
    renamed: {
      BodyStructure: 'BodySite',
      CapabilityStatement: 'Conformance',
      CoverageEligibilityRequest: 'EligibilityRequest',
      CoverageEligibilityResponse: 'EligibilityResponse',
      DeviceRequest: 'DeviceUseRequest',
      MedicationRequest: 'MedicationOrder',
      // As in STU3; DSTU2 has a third name for orders of tests.
      ServiceRequest: 'ProcedureRequest',
    },
  },
  STU3: {
    model: once(() => new FhirModel(stu3ModelTypes)),
    renamed: {
      BodyStructure: 'BodySite',
      CoverageEligibilityRequest: 'EligibilityRequest',
      CoverageEligibilityResponse: 'EligibilityResponse',
      // A referral is a request for a service too; which of the two it was R4 does not say.
      ServiceRequest: 'ProcedureRequest',
      MolecularSequence: 'Sequence',
    },
  },
  R4: asIs,
  R4B: { model: once(() => new R4BModel()), renamed: {} },
  R5: {
    model: once(() => new FhirModel(r5Types)),
    renamed: { RequestGroup: 'RequestOrchestration' },
  },
};

/** The types of a version. */
export function modelOf(version: FhirVersion): FhirModel {
  return backwards[version].model();
}

/** R4B has the types of R4, but for those that it gave up. */
class R4BModel extends FhirModel {
  constructor() {
    super({});
  }

  override type(name: string): FhirType | undefined {
    return missingInR4B.test(name) ? undefined : r4Model.type(name);
  }
}
