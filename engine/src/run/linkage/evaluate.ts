import { accuracyOf, type Accuracy } from '../../linkage/accuracy.ts';
import type { Clustering } from '../../linkage/clusters.ts';
import type { Prepared } from './prepare.ts';

/** Clusters held against the table `truth`. */
export async function evaluate(prepared: Prepared, clustering: Clustering): Promise<Accuracy> {
  const { tables, records, linking, sizes } = prepared;
  const entities = new Int32Array(records);
  for await (const [ids = [], found = []] of tables.columns('select id, entity from truth')) {
    for (const [at, id] of ids.entries()) entities[Number(id)] = Number(found[at]);
  }
  const clusters = Int32Array.from(entities, (_, record) => clustering.clusterOf(record));
  return accuracyOf(entities, clusters, linking ? sizes[0] : undefined);
}
