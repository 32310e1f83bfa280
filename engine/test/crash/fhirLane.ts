import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { silentLog } from '../../src/base/log.ts';
import { ScriptedServer, targetOn } from '../../src/connectors/fhir/testing.ts';
import { keptIds } from '../../src/ledger/givenIds.ts';
import type { ConnectorServices } from '../../src/model/connector.ts';
import type { Target } from '../../src/model/target.ts';
import { openDatabase } from '../../src/store/database.ts';
import type { Lane } from './stand.ts';

/** Types that the tables of a stand become. */
const types = ['Encounter', 'Organization', 'Patient', 'Practitioner', 'PractitionerRole'];

/** A circle of one: the server must have given the id before the link can be written. */
const ownLink = "    link: [{ type: =refer, other: link('Patient') }]\n";

/**
 * A lane whose runs write to a FHIR server that gives ids of its own, and writes one resource after
 * another: a run can be killed between the two passes of a circle.
 */
export async function fhirLane(virgin: Lane): Promise<{ lane: Lane; close(): Promise<void> }> {
  const server = await ScriptedServer.start();
  server.giveIds(types);
  const settings = { ids: 'server', bundles: 'none' };
  const lane: Lane = {
    ...virgin,
    openChart: (services) => openChart(virgin, server, settings, services),
    reset: async () => {
      await virgin.reset();
      server.resources.clear();
      await aim(virgin.project, { kind: 'fhir', url: server.url, ...settings });
    },
  };
  return { lane, close: () => server.close() };
}

async function aim(project: string, chart: object): Promise<void> {
  const file = join(project, 'handover.yaml');
  const plan = parse(await readFile(file, 'utf8')) as { targets: object };
  await writeFile(file, stringify({ ...plan, targets: { ...plan.targets, chart } }));
  const mapping = join(project, 'mappings/clinic/pt_demog.yaml');
  const text = await readFile(mapping, 'utf8');
  const [before, after] = text.split('  Patient:\n') as [string, string];
  await writeFile(mapping, `${before}  Patient:\n${ownLink}${after}`);
}

/** A look at the server that knows which of its ids are whose. */
async function openChart(
  { control }: Lane,
  server: ScriptedServer,
  settings: Record<string, unknown>,
  services: ConnectorServices,
): Promise<Target> {
  const database = openDatabase({ url: control }, { log: silentLog, max: 1 });
  const givenIds = (name: string) => keptIds(database, name);
  const target = await targetOn(server, settings, { ...services, givenIds });
  return {
    open: (signal) => target.open(signal),
    write: (batch, signal) => target.write(batch, signal),
    fetch: (ids, want, signal) => target.fetch(ids, want, signal),
    scan: (after, signal) => target.scan(after, signal),
    close: async () => {
      await target.close();
      await database.close();
    },
  };
}
