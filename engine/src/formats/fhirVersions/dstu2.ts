import type { Rule } from './rule.ts';
import { dstu2Clinical } from './dstu2Clinical.ts';
import { dstu2Medications } from './dstu2Medications.ts';
import { dstu2Types } from './dstu2Types.ts';
import { dstu2Workflow } from './dstu2Workflow.ts';

export const dstu2Renamed: Readonly<Record<string, string>> = {
  BodySite: 'BodyStructure',
  DiagnosticOrder: 'ServiceRequest',
  EligibilityRequest: 'CoverageEligibilityRequest',
  EligibilityResponse: 'CoverageEligibilityResponse',
  MedicationOrder: 'MedicationRequest',
  ProcedureRequest: 'ServiceRequest',
  ReferralRequest: 'ServiceRequest',
  Conformance: 'CapabilityStatement',
  DeviceUseRequest: 'DeviceRequest',
};

/** Practice of ages ago: what hospitals keep of DSTU2. */
export const dstu2Rules: Readonly<Record<string, readonly Rule[]>> = {
  ...dstu2Types,
  ...dstu2Clinical,
  ...dstu2Medications,
  ...dstu2Workflow,
};
