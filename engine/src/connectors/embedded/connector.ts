import { z } from 'zod';
import { HandoverError } from '../../base/errors.ts';
import type { Connector } from '../../model/connector.ts';
import type { TargetCapabilities } from '../../model/target.ts';
import type { ConnectionSpec } from '../../store/connection.ts';
import { databaseWire } from '../../store/wire.ts';
import { openEmbeddedStore } from './store.ts';
import { EmbeddedTarget } from './target.ts';

export interface EmbeddedConfiguration {
  /** PostgreSQL database of the target's own; without it, the project's server keeps one. */
  url?: string;
}

const settings = z
  .strictObject({
    url: z
      .string()
      .regex(/^postgres(ql)?:\/\//, 'must be a PostgreSQL URL (postgresql://…)')
      .optional()
      .describe('Database of the target. Without it the project’s own server keeps one.'),
  })
  .describe('The FHIR store and archive that comes with Handover.');

const capabilities: TargetCapabilities = {
  ids: 'client',
  conditional: true,
  references: 'any order',
  transactions: true,
  remove: true,
  revert: true,
  history: true,
  labels: true,
  sideEffects: 'none',
  everything: true,
};

/**
 * The connector of the embedded target.
 * @param ownDatabase where a target without `url` is kept.
 */
export function embeddedConnector(
  ownDatabase: () => Promise<ConnectionSpec>,
): Connector<EmbeddedConfiguration> {
  return {
    kind: 'embedded',
    summary: 'The FHIR R4 store and archive that comes with Handover, on PostgreSQL, sealed.',
    configuration: {
      parse(value) {
        const parsed = settings.safeParse(value);
        if (!parsed.success) {
          const problems = parsed.error.issues.map(({ path, message }) => ({
            path: path.join('.'),
            message,
          }));
          return { problems };
        }
        const { url } = parsed.data;
        return { value: url === undefined ? {} : { url } };
      },
      jsonSchema: () => z.toJSONSchema(settings),
    },
    wires: ({ url }) => (url === undefined ? [] : [databaseWire({ url })]),
    target: {
      capabilities,
      create({ url }, services) {
        const { name } = services;
        if (name === undefined) {
          throw new HandoverError('target-unnamed', 'an embedded target was made without its name');
        }
        return new EmbeddedTarget(async () =>
          openEmbeddedStore({
            ...services,
            name,
            secret: services.secret(`target:${name}`),
            connection: url === undefined ? await ownDatabase() : { url },
          }),
        );
      },
    },
  };
}
