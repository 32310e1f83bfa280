import { resolve } from 'node:path';
import type { Connector } from '../../model/connector.ts';
import { parquetConfiguration, type ParquetConfiguration } from './configuration.ts';
import { ParquetSource } from './parquetSource.ts';

/** @param projectFolder what a folder in the plan is relative to. */
export function parquetConnector(projectFolder: string): Connector<ParquetConfiguration> {
  return {
    kind: 'parquet',
    summary: 'Reads a folder of Parquet files, each file (or folder of parts) a stream.',
    configuration: parquetConfiguration,
    source: {
      capabilities: { snapshot: true, slices: true, counts: true, follow: false, deletions: false },
      create: ({ folder, streams }, services) =>
        new ParquetSource(resolve(projectFolder, folder), streams, (data) => services.digest(data)),
    },
  };
}
