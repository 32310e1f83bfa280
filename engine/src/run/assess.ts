import type { ProjectKey } from '../keys/projectKey.ts';
import type { Run } from '../ledger/runs.ts';
import { dispositionsOf } from '../ledger/streams.ts';
import type { Source } from '../model/source.ts';
import type { Database } from '../store/database.ts';
import type { Endpoints } from './endpoints.ts';
import {
  decideDispositions,
  enterAssessment,
  inventory,
  loadOrder,
  requireDecisions,
  type InventoryStream,
} from './phases/assess.ts';
import type { CompiledPlan } from './plan/compile.ts';
import { receivablesOf } from './plan/receivables.ts';
import { compileStreams } from './plan/streams.ts';

export interface AssessServices {
  database: Database;
  key: ProjectKey;
}

/**
 * `assess`: what is there, and what becomes of it. Enters streams and dispositions into the run;
 * when one is missing they are entered all the same, to be listed, and the run stops here.
 * @throws HandoverError `disposition-missing`, `plan-invalid` (exit 3).
 */
export async function assess(
  { database, key }: AssessServices,
  run: Run,
  plan: CompiledPlan,
  endpoints: Endpoints,
): Promise<void> {
  let decisions = await dispositionsOf(database, run.id);
  if (decisions.length === 0) {
    const sources = await endpoints.sources();
    const streams = await inventory(sources);
    const { mappings } = compileStreams(plan, streams, key);
    const { document } = plan.project;
    decisions = await decideDispositions(
      streams,
      mappings,
      document.dispositions,
      (stream) => populatedColumns(sources, stream),
      receivablesOf(document),
    );
    const targets = [...plan.targets.keys()];
    await enterAssessment(database, run.id, streams, loadOrder(mappings), targets, decisions);
  }
  requireDecisions(decisions);
}

async function populatedColumns(
  sources: ReadonlyMap<string, Source>,
  stream: InventoryStream,
): Promise<ReadonlyMap<string, number> | undefined> {
  const source = sources.get(stream.source);
  const name = stream.name.slice(stream.source.length + 1);
  return source?.probe?.({ ...stream, name });
}
