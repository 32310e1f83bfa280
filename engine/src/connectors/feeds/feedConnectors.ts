import { resolve } from 'node:path';
import type { Connector, ConnectorServices } from '../../model/connector.ts';
import { ccdaFeed } from './ccdaFeed.ts';
import { feedConfiguration, type FeedConfiguration } from './configuration.ts';
import type { FeedFormat } from './feedFormat.ts';
import { FeedSource } from './feedSource.ts';
import { hl7v2Feed } from './hl7v2Feed.ts';
import { x12Feed } from './x12Feed.ts';

/** @param projectFolder what a folder in the plan is relative to. */
export function feedConnectors(projectFolder: string): Connector<FeedConfiguration>[] {
  const connector = (kind: string, summary: string, format: FeedFormat) => ({
    kind,
    summary,
    configuration: feedConfiguration,
    source: {
      capabilities: { snapshot: true, slices: true, counts: true, follow: false, deletions: false },
      create: ({ folder }: FeedConfiguration, services: ConnectorServices) =>
        new FeedSource(resolve(projectFolder, folder), format, (data) => services.digest(data)),
    },
  });
  return [
    connector(
      'hl7v2',
      'Reads a folder of HL7 v2 messages, a stream for each message type.',
      hl7v2Feed,
    ),
    connector('ccda', 'Reads a folder of C-CDA documents, a stream for each kind.', ccdaFeed),
    connector(
      'x12',
      'Reads a folder of X12 interchanges, a stream for each transaction set.',
      x12Feed,
    ),
  ];
}
