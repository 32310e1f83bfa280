import { canonicalJson } from '../../base/json.ts';
import { chartBody, Charts } from '../../linkage/persons/charts.ts';
import type { Charted } from '../../model/person.ts';
import type { Database } from '../../store/database.ts';
import { existingResources } from '../existing/existingResources.ts';
import type { Parcels } from '../parcels.ts';
import { standingRecords } from './standingRecords.ts';

/** A chart without what the run at hand makes of it. */
export interface FormerChart {
  /** Canonical. */
  body: string;
  guards: readonly string[];
}

/**
 * Charts as the other runs that stand have left them, each by the newest that made it, or as a target has
 * them of its own; without the records that came again in this run, which lead where it leads them.
 *
 * @param elsewhere which records the other runs led to which charts
 * @param own ids of the records of this run
 */
export async function formerCharts(
  { database, parcels, kinds }: { database: Database; parcels: Parcels; kinds: readonly string[] },
  run: string,
  ids: ReadonlySet<string>,
  { elsewhere, own }: { elsewhere: readonly Charted[]; own: { has(id: string): boolean } },
): Promise<Map<string, FormerChart>> {
  const found = new Map<string, FormerChart>();
  const charts = new Charts(
    elsewhere.filter(({ record, chart }) => ids.has(chart) && !own.has(record)),
  );
  const keep = (id: string, resource: string, guards: readonly string[]): void => {
    const merged = charts.mergedInto(id).flatMap((one) => one.guards);
    const body = chartBody(resource, id, charts);
    found.set(id, { body, guards: [...new Set([...guards, ...merged])] });
  };
  const services = { database, parcels };
  for (const type of kinds) {
    for await (const batch of existingResources(services, run, type)) {
      for (const { id, resource } of batch) {
        if (ids.has(id)) keep(id, canonicalJson(resource), []);
      }
    }
    for await (const batch of standingRecords(services, '', type, () => true)) {
      for (const { id, resource, guards } of batch) {
        if (ids.has(id)) keep(id, canonicalJson(resource), guards);
      }
    }
  }
  return found;
}
