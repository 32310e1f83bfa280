/** A project over files that a test writes itself: its own tables, mappings and code maps. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseJson, type JsonObject } from '../../src/base/json.ts';
import { testProject, type TestProject } from './project.ts';

export interface OwnClinic {
  /** CSV by table, with a header line; the first column is the key unless `keys` says otherwise. */
  tables: Readonly<Record<string, string>>;
  keys?: Readonly<Record<string, string>>;
  /** YAML by name of the file. */
  mappings: Readonly<Record<string, string>>;
  /** More of the plan. */
  plan?: string;
}

/** The project, whose source `clinic` is a folder of CSV files. */
export async function ownClinic(clinic: OwnClinic): Promise<TestProject> {
  const project = await testProject({ patients: 1 });
  const own = join(project.folder, 'own');
  await mkdir(join(own, 'tables'), { recursive: true });
  await mkdir(join(own, 'mappings'));
  for (const [name, text] of Object.entries(clinic.tables)) {
    await writeFile(join(own, 'tables', `${name}.csv`), `${text.trim()}\n`);
  }
  for (const [name, text] of Object.entries(clinic.mappings)) {
    await writeFile(join(own, 'mappings', `${name}.yaml`), text);
  }
  await project.write('handover.yaml', planText(clinic));
  return project;
}

function planText({ tables, keys = {}, plan = '' }: OwnClinic): string {
  const streams = Object.entries(tables).map(([name, text]) => {
    const key = keys[name] ?? text.trim().split(/[,\n]/, 1)[0];
    return `      ${name}: { key: [${key}] }`;
  });
  return `name: own-clinic
sources:
  clinic:
    kind: csv
    folder: own/tables
    timeZone: America/Chicago
    emptyIs: 'null'
    streams:
${streams.join('\n')}
targets:
  chart: { kind: embedded }
strategy: { kind: big-bang }
mappings: own/mappings
${plan}
`;
}

/** Everything that stands in the target, by `Type/id`. */
export async function chartOf(project: TestProject): Promise<Map<string, JsonObject>> {
  const texts = await textsOf(project);
  return new Map([...texts].map(([name, text]) => [name, parseJson(text) as JsonObject]));
}

/** The same, byte for byte. */
export async function textsOf(project: TestProject): Promise<Map<string, string>> {
  const chart = await project.openChart();
  const signal = new AbortController().signal;
  const held = new Map<string, string>();
  for await (const batch of chart.scan(undefined, signal)) {
    const ids = batch.resources.map(({ type, id }) => ({ type, id }));
    for (const [at, stored] of (await chart.fetch(ids, 'body', signal)).entries()) {
      if (stored.state !== 'present' || stored.body === undefined) continue;
      const { type, id } = ids[at] as { type: string; id: string };
      held.set(`${type}/${id}`, stored.body.toString());
    }
  }
  await chart.close();
  return held;
}
