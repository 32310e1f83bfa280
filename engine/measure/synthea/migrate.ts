import { spawn } from 'node:child_process';
import { access, cp, mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

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
  const given = { ...process.env, ...environment, SYNTHEA_TABLES: folder };
  await handover(project, ['init'], given);
  await handover(project, ['run'], given);
  return join(project, 'export');
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
