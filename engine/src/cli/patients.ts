import { stableId } from '../keys/stableId.ts';
import { existingIds } from '../ledger/existingResources.ts';
import type { Run } from '../ledger/runs.ts';
import { streamsOf } from '../ledger/streams.ts';
import { findToken } from '../ledger/pages.ts';
import { idToken } from '../run/idToken.ts';
import type { Database } from '../store/database.ts';
import { openEmbeddedStore, type EmbeddedStore } from '../connectors/embedded/store.ts';
import { connectorServices } from './composition.ts';
import type { Project } from './project.ts';
import { readRevision } from '../run/revision.ts';

/**
 * Stable ids of the patients that a number may mean: the source key of a patient's record, or an
 * identifier (an MRN) that an embedded target knows.
 */
export async function patientIds(
  project: Project,
  database: Database,
  run: Run,
  number: string,
): Promise<string[]> {
  const ids = new Set<string>();
  for (const { name } of await streamsOf(database, run.id)) {
    const id = stableId(project.key.tag(name, number), 'Patient');
    const places = await findToken(database, run.id, idToken(id));
    if (places.length > 0) ids.add(id);
  }
  for (const id of await identifiedPatients(project, database, run, number)) ids.add(id);
  return [...ids];
}

/** Patients with this identifier at the embedded targets of the run's plan. */
async function identifiedPatients(
  project: Project,
  database: Database,
  run: Run,
  value: string,
): Promise<string[]> {
  const plan = await readRevision(database, project.key, run.revision);
  const found: string[] = [];
  for (const [name, settings] of Object.entries(plan.document.targets)) {
    if (settings.kind !== 'embedded') continue;
    const store = await openEmbeddedTarget(project, name, settings.url);
    try {
      const query = { type: 'Patient', identifiers: [{ value }], count: 100 };
      const patients = (await store.search(query)).map(({ id }) => ({ type: 'Patient', id }));
      // What the target had of its own goes by another id with us.
      const ours = await existingIds({ database, key: project.key }, name).ours(patients);
      found.push(...patients.map(({ id }, at) => ours[at] ?? id));
    } finally {
      await store.close();
    }
  }
  return found;
}

/** Open an embedded target of a plan as its repository. */
export async function openEmbeddedTarget(
  project: Project,
  name: string,
  url: unknown,
): Promise<EmbeddedStore> {
  const services = connectorServices(project);
  return openEmbeddedStore({
    ...services,
    name,
    secret: services.secret(`target:${name}`),
    connection:
      typeof url === 'string' ? { url: resolved(url, project) } : await project.ownTarget(),
  });
}

function resolved(url: string, { environment }: Project): string {
  return url.replace(
    /\$\{([A-Z][A-Z0-9_]*)\}/g,
    (whole, name: string) => environment[name] ?? whole,
  );
}
