import type { Clock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import type { Random } from '../base/random.ts';
import type { Source, SourceCapabilities } from './source.ts';
import type { ExistingIds, GivenIds, Target, TargetCapabilities } from './target.ts';
import type { Wire } from './wire.ts';

/** What every connector may use. */
export interface ConnectorServices {
  /** The source's or target's name in the plan; the embedded target needs it for keys and schema. */
  name?: string;
  clock: Clock;
  random: Random;
  log: Log;
  /** Keyed digest (HMAC-SHA-256 under the project key, hex) of bytes: receipts carry it. */
  digest(data: Uint8Array): string;
  /** Where a target that gives ids of its own keeps them; only who writes or reads a target has it. */
  givenIds?(target: string): GivenIds;
  /** Where it stands which resources a target had of its own; only who writes or reads a target has it. */
  existingIds?(target: string): ExistingIds;
  /** A 32-byte secret of the project for one purpose (`target:archive`), always the same. */
  secret(purpose: string): Buffer;
}

/**
 * Code that gives a source and/or a target for one kind of system. `configuration` turns the plan's
 * settings into the connector's own, or lists every problem with its path in the settings.
 */
export interface Connector<C = unknown> {
  kind: string;
  /** One sentence for `handover plan check` and the reference page. */
  summary: string;
  configuration: ConfigurationSchema<C>;
  /** Hosts that it connects to, or is reached at; absent: nothing of it leaves this machine. */
  wires?(configuration: C): Wire[];
  source?: {
    capabilities: SourceCapabilities;
    create(configuration: C, services: ConnectorServices): Source;
  };
  target?: {
    capabilities: TargetCapabilities;
    create(configuration: C, services: ConnectorServices): Target;
  };
}

export interface ConfigurationSchema<C> {
  parse(value: unknown): { value: C } | { problems: { path: string; message: string }[] };
  /** JSON Schema (2020-12) of the settings, for editors and the reference page. */
  jsonSchema(): object;
}
