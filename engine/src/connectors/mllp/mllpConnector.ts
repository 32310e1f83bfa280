import type { Log } from '../../base/log.ts';
import type { ProjectKey } from '../../keys/projectKey.ts';
import type { Connector } from '../../model/connector.ts';
import type { ConnectionSpec } from '../../store/connection.ts';
import { openDatabase } from '../../store/database.ts';
import { mllpConfiguration, mllpWire, type MllpConfiguration } from './configuration.ts';
import { inboxElsewhere, InboxSource } from './inboxSource.ts';

/** Where inboxes are kept: beside the ledger, sealed under the project's key. */
export interface InboxPlace {
  control: ConnectionSpec;
  key: ProjectKey;
  log: Log;
}

/** @param place absent where nothing is opened, such as for a schema. */
export function mllpConnector(place: InboxPlace | undefined): Connector<MllpConfiguration> {
  return {
    kind: 'mllp',
    summary: 'Reads the HL7 v2 messages that `handover listen` has received, each type a stream.',
    configuration: mllpConfiguration,
    wires: (configuration) => [mllpWire(configuration)],
    source: {
      capabilities: { snapshot: true, slices: true, counts: true, follow: true, deletions: false },
      create(_configuration, { name }) {
        if (place === undefined || name === undefined) throw inboxElsewhere();
        const { control, key, log } = place;
        return new InboxSource(name, key, () => openDatabase(control, { log, max: 2 }));
      },
    },
  };
}
