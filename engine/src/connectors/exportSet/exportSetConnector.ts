import { resolve } from 'node:path';
import type { Connector } from '../../model/connector.ts';
import { exportSetConfiguration, type ExportSetConfiguration } from './configuration.ts';
import { ExportSetSource } from './exportSetSource.ts';

/** @param projectFolder what a folder in the plan is relative to. */
export function exportSetConnector(projectFolder: string): Connector<ExportSetConfiguration> {
  return {
    kind: 'export-set',
    summary:
      'Reads one delivery of a vendor’s export: files, manifest and dictionary, all verified.',
    configuration: exportSetConfiguration,
    source: {
      capabilities: { snapshot: true, slices: true, counts: true, follow: false, deletions: false },
      create: (configuration, services) =>
        new ExportSetSource(resolve(projectFolder, configuration.folder), configuration, (data) =>
          services.digest(data),
        ),
    },
  };
}
