import type { ConnectorServices } from '../model/connector.ts';
import type { Source } from '../model/source.ts';
import type { Target } from '../model/target.ts';
import type { CompiledPlan } from './plan/compile.ts';

/** The sources and targets of a plan, opened when first asked for and closed together. */
export interface Endpoints {
  sources(): Promise<ReadonlyMap<string, Source>>;
  targets(): Promise<ReadonlyMap<string, Target>>;
  close(): Promise<void>;
}

interface Openable {
  open(signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

export function openEndpoints(plan: CompiledPlan, services: ConnectorServices): Endpoints {
  const abort = new AbortController();
  const sources = opener(plan.sources, services, abort.signal);
  const targets = opener(plan.targets, services, abort.signal);
  return {
    sources: sources.all,
    targets: targets.all,
    async close() {
      await sources.close();
      await targets.close();
    },
  };
}

function opener<Endpoint extends Openable>(
  planned: ReadonlyMap<string, { create(services: ConnectorServices): Endpoint }>,
  services: ConnectorServices,
  signal: AbortSignal,
): { all(): Promise<ReadonlyMap<string, Endpoint>>; close(): Promise<void> } {
  let opened: Promise<Map<string, Endpoint>> | undefined;
  const open = async (): Promise<Map<string, Endpoint>> => {
    const endpoints = new Map<string, Endpoint>();
    for (const [name, plan] of planned) {
      const endpoint = plan.create({ ...services, name });
      endpoints.set(name, endpoint);
      await endpoint.open(signal);
    }
    return endpoints;
  };
  return {
    all() {
      // What could not be opened is tried again the next time it is asked for.
      opened ??= open().catch((error: unknown) => {
        opened = undefined;
        throw error;
      });
      return opened;
    },
    async close() {
      const endpoints = await opened?.catch(() => undefined);
      for (const endpoint of endpoints?.values() ?? []) await endpoint.close();
    },
  };
}
