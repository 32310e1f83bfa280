import { resolve } from 'node:path';
import type { Connector } from '../../model/connector.ts';
import { sqliteConfiguration, type SqliteConfiguration } from './configuration.ts';
import { SqliteSource } from './sqliteSource.ts';

/** @param projectFolder what a file in the plan is relative to. */
export function sqliteConnector(projectFolder: string): Connector<SqliteConfiguration> {
  return {
    kind: 'sqlite',
    summary: 'Reads the tables and views of a SQLite database as of one instant.',
    configuration: sqliteConfiguration,
    source: {
      capabilities: { snapshot: true, slices: true, counts: true, follow: false, deletions: false },
      create: ({ file, ...settings }, services) =>
        new SqliteSource(resolve(projectFolder, file), settings, (data) => services.digest(data)),
    },
  };
}
