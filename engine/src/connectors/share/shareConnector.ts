import { resolve } from 'node:path';
import type { Connector } from '../../model/connector.ts';
import { shareConfiguration, type ShareConfiguration } from './configuration.ts';
import { ShareSource } from './shareSource.ts';

/** @param projectFolder what a folder in the plan is relative to. */
export function shareConnector(projectFolder: string): Connector<ShareConfiguration> {
  return {
    kind: 'share',
    summary: 'Reads a share of documents: each file in it, however deep, a record with its bytes.',
    configuration: shareConfiguration,
    source: {
      capabilities: { snapshot: true, slices: true, counts: true, follow: false, deletions: false },
      create: ({ folder, largestMiB }, services) =>
        new ShareSource(resolve(projectFolder, folder), largestMiB * 1024 * 1024, (data) =>
          services.digest(data),
        ),
    },
  };
}
