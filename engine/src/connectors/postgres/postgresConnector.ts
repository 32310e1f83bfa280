import type { Connector } from '../../model/connector.ts';
import { databaseWire } from '../../store/wire.ts';
import { postgresConfiguration, type PostgresConfiguration } from './configuration.ts';
import { PostgresSource } from './postgresSource.ts';

export const postgresConnector: Connector<PostgresConfiguration> = {
  kind: 'postgres',
  summary: 'Reads the tables and views of a PostgreSQL schema (13 or later) as of one instant.',
  configuration: postgresConfiguration,
  wires: (configuration) => [databaseWire(configuration)],
  source: {
    capabilities: { snapshot: true, slices: true, counts: true, follow: false, deletions: false },
    create: (configuration, services) => new PostgresSource(configuration, services.log),
  },
};
