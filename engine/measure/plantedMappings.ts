import type { MappingFault } from './fault.ts';
import { allergyFaults, medicationFaults } from './plantedClinical.ts';
import { identityFaults, visitFaults } from './plantedIdentity.ts';

/** Every planted mistake; facts are declared apart and never touched. */
export const mappingFaults: readonly MappingFault[] = [
  ...identityFaults,
  ...visitFaults,
  ...allergyFaults,
  ...medicationFaults,
];
