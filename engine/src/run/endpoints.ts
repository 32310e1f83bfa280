import type { ConnectorServices } from '../model/connector.ts';
import type { Source } from '../model/source.ts';
import type { Target } from '../model/target.ts';
import { ExistingTarget } from './existing/existingTarget.ts';
import type { CompiledPlan, PlannedTarget } from './plan/compile.ts';
import { PoliteTarget } from './politeTarget.ts';

/** The sources and targets of a plan, opened when first asked for and closed together. */
export interface Endpoints {
  sources: () => Promise<ReadonlyMap<string, Source>>;
  targets: () => Promise<ReadonlyMap<string, Target>>;
  close(): Promise<void>;
}

interface Endpoint {
  open(signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

interface Openable<One extends Endpoint> {
  create(services: ConnectorServices): One;
}

export function openEndpoints(plan: CompiledPlan, services: ConnectorServices): Endpoints {
  const abort = new AbortController();
  const sources = opener(plan.sources, services, abort.signal);
  const polite = [...plan.targets].map(([name, planned]): [string, Openable<Target>] => [
    name,
    { create: (own) => exchanging(planned, name, own) },
  ]);
  const targets = opener(new Map(polite), services, abort.signal);
  return {
    sources: sources.all,
    targets: targets.all,
    async close() {
      await sources.close();
      await targets.close();
    },
  };
}

/** A target behind manners; one that had something of its own goes by our ids. */
function exchanging(planned: PlannedTarget, name: string, services: ConnectorServices): Target {
  const polite = new PoliteTarget(planned.create(services), services);
  const ids = planned.existing ? services.existingIds?.(name) : undefined;
  return ids
    ? new ExistingTarget(polite, { ids, digest: (data) => services.digest(data) })
    : polite;
}

function opener<One extends Endpoint>(
  planned: ReadonlyMap<string, Openable<One>>,
  services: ConnectorServices,
  signal: AbortSignal,
): { all: () => Promise<ReadonlyMap<string, One>>; close: () => Promise<void> } {
  let opened: Promise<Map<string, One>> | undefined;
  const open = async (): Promise<Map<string, One>> => {
    const endpoints = new Map<string, One>();
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
