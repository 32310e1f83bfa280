import { claimRules } from './claimRules.ts';
import {
  allergyRules,
  carePlanRules,
  conditionRules,
  encounterRules,
  immunizationRules,
  medicationRules,
  procedureRules,
} from './clinicalRules.ts';
import type { TypeRules, Unknowable } from './field.ts';
import { observationRules } from './observationRules.ts';
import { patientRules } from './patientRules.ts';

/** The ten types that are compared. */
export const typeRules: readonly TypeRules[] = [
  patientRules,
  encounterRules,
  conditionRules,
  observationRules,
  procedureRules,
  medicationRules,
  immunizationRules,
  allergyRules,
  carePlanRules,
  claimRules,
];

/** What no table has of any type. `display` beside a code or reference is compared as words. */
export const unknowableOfAll: readonly Unknowable[] = [
  { element: 'meta', why: 'which profiles a resource claims is the sender’s to say' },
  { element: 'text', why: 'generated narrative' },
];
