import { connectorServices } from '../src/cli/composition.ts';
import { systemRandom } from '../src/base/random.ts';
import { fhirConnector } from '../src/connectors/fhir/connector.ts';
import { batchesOf } from '../src/ledger/pages.ts';
import type { Target } from '../src/model/target.ts';
import { unpackDrafts, type PackedDrafts } from '../src/run/drafts.ts';
import { createParcels, type Parcels } from '../src/run/parcels.ts';
import { itemAt } from '../src/staging/packedItems.ts';
import { compareDelivery } from '../src/verification/delivery.ts';
import { ReadBack } from '../src/verification/readBack.ts';
import { serverMayChange } from '../src/verification/serverManaged.ts';
import { hapiMissing, startHapi } from '../test/targets/hapi.ts';
import { contentsOf } from '../test/targets/hapiContents.ts';
import { testProject, type TestProject } from '../test/requirements/project.ts';
import { openWorkbench } from '../test/requirements/workbench.ts';

export interface HapiOptions {
  /** Those of the demo unless told otherwise. */
  patients?: number | undefined;
  ids?: string | undefined;
  /** Told what is being done. */
  say?: (line: string) => void;
}

/** A whole hospital in a server that nobody here wrote, compared with what was sent. */
export interface HapiFigures {
  ids: 'client' | 'server';
  patients: number;
  seconds: number;
  /** What the run says: delivered, and held back for what is wrong with it. */
  loaded: number;
  held: number;
  /** What the server has, counted by searches that share nothing with the connector. */
  resources: number;
  /** Findings of the run's own reading back: differences that are not declared. */
  findings: number;
  /** Drafts compared with what the server gives back, without any declaration. */
  compared: number;
  absent: number;
  /** Resources that differ at all, and of the differences those that no declaration names. */
  differing: number;
  undeclared: number;
  /** Of all differences, those in a patient, code, status, value, unit or date. */
  clinical: number;
  differences: { path: string; code: string; count: number; declared: string }[];
  misses: { cause: string; path: string; count: number }[];
}

/**
 * The sample hospital, with the defects of the demo, into HAPI FHIR: every draft is read back and
 * compared element by element, and what the server changed is counted by path.
 */
export async function measureHapi(options: HapiOptions): Promise<HapiFigures> {
  const { patients = 300, ids = 'client', say = () => undefined } = options;
  if (ids !== 'client' && ids !== 'server') throw new Error('--ids is client or server');
  if (hapiMissing !== undefined) throw new Error(hapiMissing);
  say('starting the server');
  const hapi = await startHapi(ids);
  const project = await testProject({ patients, tables: 'all', defects: 'planted', seed: '1' });
  try {
    const fhir = `{ kind: fhir, url: '${hapi.url}', ids: ${ids} }`;
    await project.edit('handover.yaml', 'chart: { kind: embedded }', `chart: ${fhir}`);
    const started = performance.now();
    say(`moving ${patients} patients`);
    const { run, ...moved } = await move(project);
    const seconds = Math.round((performance.now() - started) / 1000);
    say('comparing what was sent with what is there');
    const { resources } = await contentsOf(hapi.url);
    const compared = await compareAll(project, hapi.url, ids, run);
    return { ids, patients, seconds, ...moved, resources, ...compared };
  } finally {
    await project.close();
    await hapi.close();
  }
}

async function move(
  project: TestProject,
): Promise<{ run: string; loaded: number; held: number; findings: number }> {
  const bench = await openWorkbench(project.opened);
  try {
    const { run, state, code } = await bench.run();
    if (state !== 'finished') throw new Error(`the run ended as ${state}: ${code}`);
    const { targets } = await bench.report(run);
    const sum = (name: 'loaded' | 'quarantined'): number =>
      targets.reduce((total, target) => total + target[name], 0);
    const findings = (await bench.findings(run)).length;
    return { run, loaded: sum('loaded'), held: sum('quarantined'), findings };
  } finally {
    await bench.close();
  }
}

type Compared = Pick<
  HapiFigures,
  'compared' | 'absent' | 'differing' | 'undeclared' | 'clinical' | 'differences' | 'misses'
>;

/** Compare every draft of a run with what the server has, by the rules of delivery but no allowance. */
async function compareAll(
  project: TestProject,
  url: string,
  ids: 'client' | 'server',
  run: string,
): Promise<Compared> {
  const { control, opened } = project;
  const parsed = fhirConnector.configuration.parse({ url, ids });
  if ('problems' in parsed || fhirConnector.target === undefined) throw new Error('not configured');
  const services = { ...connectorServices(opened, control), name: 'chart' };
  const target = fhirConnector.target.create(parsed.value, services);
  const parcels = createParcels({
    queries: control,
    blobs: opened.blobs,
    key: opened.key,
    random: systemRandom,
  });
  await target.open(never);
  try {
    const tally = new Tally();
    for (const drafts of await draftsOf(project, parcels, run)) {
      await compareBatch(target, drafts, tally);
    }
    return tally.figures();
  } finally {
    await target.close();
  }
}

const never = new AbortController().signal;

async function draftsOf(
  { control }: TestProject,
  parcels: Parcels,
  run: string,
): Promise<PackedDrafts[]> {
  const found: PackedDrafts[] = [];
  for (const { key } of await batchesOf(control, run, 'map')) {
    const items = await parcels.read(key, 'drafts');
    if (items !== undefined) found.push(unpackDrafts(items));
  }
  return found;
}

/** A name that no element has, below `meta`: the comparison then looks into a `meta` that was added. */
const nothingAllowed = {
  serverMayChange: [{ path: 'meta.nothing', may: 'add', reason: '' } as const],
  sets: [],
};

async function compareBatch(target: Target, drafts: PackedDrafts, tally: Tally): Promise<void> {
  const named = drafts.ids.map((id, at) => ({ type: drafts.types[at] as string, id }));
  const stored = await target.fetch(named, 'body', never);
  for (const [at, one] of stored.entries()) {
    if (one.state !== 'present') {
      tally.absent++;
      continue;
    }
    const differences = compareDelivery(
      itemAt(drafts.bodies, at),
      new ReadBack(one),
      nothingAllowed,
    );
    tally.add(differences.map(({ path, code }) => ({ path: plainPath(path), code })));
  }
}

/** `Observation.category[0].text` as a path of any resource: `category.text`. */
function plainPath(path: string): string {
  return path.replace(/^[A-Za-z]+\.?/, '').replaceAll(/\[\d+\]/g, '');
}

/** Elements whose change would be a change of what is said of a patient. */
const clinical =
  /(^|\.)(subject|patient|beneficiary|individual|name|birthDate|gender|identifier|[a-z]*[cC]od(e|ing|eableConcept)\w*|[a-z]*[sS]tatus|value\w*|[a-z]*[qQ]uantity|amount|unit|\w*(Date|DateTime|Period|Instant)|date|period|start|end|issued|recorded|created)(\.|$)/;

class Tally {
  absent = 0;
  #compared = 0;
  #differing = 0;
  readonly #counts = new Map<string, { path: string; code: string; count: number }>();

  add(differences: readonly { path: string; code: string }[]): void {
    this.#compared++;
    if (differences.length > 0) this.#differing++;
    for (const { path, code } of differences) {
      const name = `${path} ${code}`;
      const known = this.#counts.get(name) ?? { path, code, count: 0 };
      known.count++;
      this.#counts.set(name, known);
    }
  }

  figures(): Compared {
    const differences = [...this.#counts.values()].map((one) => ({ ...one, declared: whyOf(one) }));
    const undeclared = differences.filter(({ declared }) => declared === '');
    const touching = differences.filter(({ path }) => clinical.test(path));
    return {
      compared: this.#compared,
      absent: this.absent,
      differing: this.#differing,
      undeclared: countOf(undeclared),
      clinical: countOf(touching),
      differences,
      misses: undeclared.map(({ path, code, count }) => ({ cause: code, path, count })),
    };
  }
}

/** Why a server may make this difference; '' when nothing says that it may. */
function whyOf({ path, code }: { path: string; code: string }): string {
  const found = serverMayChange.find(({ path: declared, may }) => {
    return path === declared && (may === 'change' || code === 'element-added');
  });
  return found?.reason ?? '';
}

function countOf(differences: readonly { count: number }[]): number {
  return differences.reduce((sum, { count }) => sum + count, 0);
}
