import type { Connector } from '../../model/connector.ts';
import { mysqlConfiguration, type MysqlConfiguration } from './configuration.ts';
import { MysqlSource } from './mysqlSource.ts';
import { mysqlWire } from './session.ts';

export const mysqlConnector: Connector<MysqlConfiguration> = {
  kind: 'mysql',
  summary: 'Reads the tables and views of a MySQL or MariaDB database as of one instant.',
  configuration: mysqlConfiguration,
  wires: (configuration) => [mysqlWire(configuration)],
  source: {
    capabilities: { snapshot: true, slices: true, counts: true, follow: false, deletions: false },
    create: (configuration, services) => new MysqlSource(configuration, services.random),
  },
};
