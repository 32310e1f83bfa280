import type { Connector } from '../../model/connector.ts';
import { fhirConfiguration, fhirWires, type FhirConfiguration } from './configuration.ts';
import { FhirTarget } from './target.ts';

export const fhirConnector: Connector<FhirConfiguration> = {
  kind: 'fhir',
  summary: 'Writes to any FHIR R4 server over REST.',
  configuration: fhirConfiguration,
  wires: fhirWires,
  target: {
    capabilities: {
      ids: 'client',
      conditional: true,
      references: 'must exist',
      transactions: true,
      remove: true,
      revert: 'new version',
      history: true,
      labels: true,
      sideEffects: 'unknown',
      everything: true,
    },
    create: (configuration, services) => new FhirTarget(configuration, services),
  },
};
