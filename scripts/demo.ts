/**
 * `npm run demo`: an invented hospital on its own old server, moved into a FHIR store, verified, and
 * reported. Everything stands in the folder `demo/`, which is made anew.
 */
import { spawn } from 'node:child_process';
import { access, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { silentLog } from '../engine/src/base/log.ts';
import { startEmbedded } from '../engine/src/store/embedded.ts';
import { provision } from '../engine/src/store/provision.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const cli = join(root, 'engine/src/cli/main.ts');
const patients = process.env.HANDOVER_DEMO_PATIENTS ?? '500';
const seed = process.env.HANDOVER_DEMO_SEED ?? '1';
/** `none`: a clean hospital, which must come out green. */
const defects = process.env.HANDOVER_DEMO_DEFECTS ?? 'planted';

const folder = process.env.HANDOVER_DEMO_FOLDER ?? join(root, 'demo');
const project = join(folder, 'riverside');
const say = (line: string): void => void process.stderr.write(`${line}\n`);

await stopFormer();
await rm(folder, { recursive: true, force: true });
await mkdir(project, { recursive: true });

say(`\n▸ An old hospital: ${patients} invented patients in thirty tables, on a server of its own`);
const clinic = await startEmbedded({ folder: join(folder, 'old-hospital'), log: silentLog });
await provision(clinic.superuser, [{ database: 'clinic', role: 'clinic' }]);
const environment = {
  ...process.env,
  CLINIC_URL: clinic.connection('clinic', 'clinic').url,
  CLINIC_SHARE: join(folder, 'share'),
  CLINIC_FEEDS: join(folder, 'feeds'),
};
let code: number;
try {
  code = await demonstrate();
} finally {
  await clinic.stop();
}
process.exitCode = code;

async function demonstrate(): Promise<number> {
  const share = [
    '--share',
    environment.CLINIC_SHARE,
    '--feeds',
    environment.CLINIC_FEEDS,
    '--defects',
    defects,
  ];
  const size = ['--patients', patients, '--seed', seed];
  await command('sample', ...size, ...share, '--out', 'env:CLINIC_URL');
  say('\n▸ A project: plan, mappings, code maps, and its key');
  await command('init');
  await command('plan', 'check');
  say('\n▸ The move: assess, extract, map, check, link, load, verify');
  const outcome = await command('run');
  const report = join(folder, 'report.html');
  await command('report', '--out', report);
  say(`\nThe report of this run: ${report}`);
  say(`Look around:  npm run -s handover -- --project ${project} status`);
  return outcome;
}

/** Run a command of the CLI; 0 and 6 (something is held for review) go on. */
async function command(...words: string[]): Promise<number> {
  const child = spawn(process.execPath, [cli, '--project', project, ...words], {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: environment,
  });
  const ended = await new Promise<number>((resolve) => {
    child.on('close', (status) => resolve(status ?? 1));
  });
  if (ended !== 0) throw new Error(`handover ${words[0] ?? ''} ended with exit code ${ended}`);
  return ended;
}

/** A demo that was killed may have left servers behind on the folders that are about to go. */
async function stopFormer(): Promise<void> {
  for (const server of [join(folder, 'old-hospital'), join(project, '.handover/postgres')]) {
    const there = await access(server).then(
      () => true,
      () => false,
    );
    if (!there) continue;
    const former = await startEmbedded({ folder: server, log: silentLog }).catch(() => undefined);
    await former?.stop();
  }
}
