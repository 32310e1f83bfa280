import { spawn } from 'node:child_process';
import { access, cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { adaptDispositions } from './columns.ts';

const example = fileURLToPath(new URL('../../examples/synthea/', import.meta.url));
const main = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));

export interface Migration {
  /** Folder of the project; it must be new. */
  project: string;
  /** Folder of the tables. */
  tables: string;
  /** Databases to use instead of a server of the project's own. */
  environment?: Readonly<Record<string, string>>;
}

/**
 * Move the tables as a user would: the example project copied, `handover init`, `handover run`.
 * What the commands say goes to stderr.
 * @returns the folder of the NDJSON export.
 * @throws Error when a command fails; what it found stands on stderr.
 */
export async function migrateTables({ project, tables, environment }: Migration): Promise<string> {
  const folder = resolve(tables);
  await access(folder).catch(() => {
    throw new Error(`there is no folder ${folder}: DIR must hold csv/ and fhir/`);
  });
  await mkdir(project, { recursive: true });
  await cp(example, project, { recursive: true });
  for (const line of await adaptDispositions(project, folder)) process.stderr.write(`${line}\n`);
  await fitToVersion(project, folder);
  const given = { ...process.env, ...environment, SYNTHEA_TABLES: folder };
  await handover(project, ['init'], given);
  await handover(project, ['run'], given);
  return join(project, 'export');
}

/** Later versions of Synthea write the middle name: then, as the guide says, a rule reads it. */
async function fitToVersion(project: string, tables: string): Promise<void> {
  const patients = await readFile(join(tables, 'patients.csv'), 'utf8').catch(() => '');
  const [header = ''] = patients.split('\n', 1);
  if (!header.trim().split(',').includes('MIDDLE')) return;
  const file = join(project, 'mappings/synthea/patients.yaml');
  const mapping = await readFile(file, 'utf8');
  await writeFile(file, mapping.replaceAll('given: [FIRST]', 'given: [FIRST, MIDDLE]'));
}

async function handover(
  project: string,
  words: readonly string[],
  environment: NodeJS.ProcessEnv,
): Promise<void> {
  const child = spawn(process.execPath, [main, '--project', project, '--no-input', ...words], {
    stdio: ['ignore', 2, 2],
    env: environment,
  });
  const code = await new Promise<number>((done) => {
    child.on('close', (status) => done(status ?? 1));
  });
  if (code !== 0) throw new Error(`handover ${words.join(' ')} ended with exit code ${code}`);
}
