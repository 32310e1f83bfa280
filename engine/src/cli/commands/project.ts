import { cp, mkdir, readdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { exitCodes, systemCode, type ExitCode } from '../../base/errors.ts';
import { silentLog } from '../../base/log.ts';
import type { ProjectText } from '../../run/plan/read.ts';
import { keepCore } from '../../sample/coreProject.ts';
import { parseSampleOut, writeSample, type SampleSummary } from '../../sample/sample.ts';
import { counted, several, type Output } from '../output.ts';
import { writtenSchemas } from '../schemas.ts';
import { writtenFiles, type WrittenFile } from '../writtenFiles.ts';
import { createProjectState, keyState, type Environment, type Project } from '../project.ts';
import { judgePlan } from './run.ts';

/** `handover init`: a plan to start from, and the project's key. */
export async function initCommand(
  folderName: string,
  output: Output,
  environment: Environment,
  options: { tables: 'all' | 'core' },
): Promise<ExitCode> {
  const folder = resolve(folderName);
  const template = fileURLToPath(new URL('../../../project-template/', import.meta.url));
  const there: string[] = await readdir(folder).catch((error: unknown) => {
    if (systemCode(error) === 'ENOENT') return [];
    throw error;
  });
  if (!there.includes('handover.yaml')) {
    await cp(template, folder, { recursive: true, force: false });
    if (options.tables === 'core') await keepCore(folder);
  }
  await writeSchemas(folder);
  await createProjectState(folder, environment);
  const passphrase = environment.HANDOVER_PASSPHRASE_FILE ?? join(folder, '.handover/passphrase');
  const { provider } = await keyState({ folder, environment });
  if (provider !== 'passphrase') {
    output.data({ format: 'handover-init/1', project: folder, keyProvider: provider }, () => [
      `project ${folder}`,
      `The project's key is wrapped by ${provider}: without its key there nothing here can be read again.`,
      'Next: edit handover.yaml, then `handover plan check`.',
    ]);
    return exitCodes.ok;
  }
  output.data({ format: 'handover-init/1', project: folder, passphraseFile: passphrase }, () => [
    `project ${folder}`,
    `The project's key is locked with the passphrase in ${passphrase}.`,
    'Keep a copy of it apart from this machine: without it nothing here can be read again.',
    'Next: edit handover.yaml, then `handover plan check`.',
  ]);
  return exitCodes.ok;
}

/** Beside the files that name them in their first line: those of this version. */
async function writeSchemas(folder: string): Promise<void> {
  await mkdir(join(folder, 'schemas'), { recursive: true });
  for (const name of writtenFiles) {
    const text = `${JSON.stringify(writtenSchemas[name]())}\n`;
    await writeFile(join(folder, 'schemas', `${name}.json`), text);
  }
}

/** `handover schema FILE`: standard output is the schema, with `--json` or without. */
export async function schemaCommand(output: Output, file: WrittenFile): Promise<ExitCode> {
  const schema = writtenSchemas[file]();
  output.data(schema, () => [JSON.stringify(schema, null, 2)]);
  return exitCodes.ok;
}

export interface SampleCommandOptions {
  patients: number;
  seed: string;
  out: string;
  as?: 'copy' | 'csv' | 'export-set' | 'sqlite';
  defects: 'planted' | 'none';
  tables: 'all' | 'core';
  share?: string;
  feeds?: string;
  sources?: string;
}

/** `handover sample`: a legacy hospital to practise on. */
export async function sampleCommand(
  output: Output,
  environment: Environment,
  options: SampleCommandOptions,
): Promise<ExitCode> {
  const summary = await writeSample(
    {
      patients: options.patients,
      seed: options.seed,
      defects: options.defects,
      tables: options.tables,
      ...(options.share !== undefined && { share: options.share }),
      ...(options.feeds !== undefined && { feeds: options.feeds }),
      ...(options.sources !== undefined && { sources: options.sources }),
      out: parseSampleOut(options.out, environment, options.as),
    },
    { log: silentLog },
  );
  output.data({ format: 'handover-sample/1', ...summary }, () => [
    `${counted(summary.rows)} rows for ${counted(summary.patients)} patients (seed ${summary.seed})`,
    ...Object.entries(summary.tables).map(([name, { rows }]) => `  ${name}: ${counted(rows)}`),
    ...(summary.feeds === undefined ? [] : [feedLine(summary.feeds)]),
    ...(summary.sources === undefined ? [] : [sourcesLine(summary.sources)]),
  ]);
  return exitCodes.ok;
}

function sourcesLine({ records, people }: NonNullable<SampleSummary['sources']>): string {
  const all = Object.values(records).reduce((sum, each) => sum + each, 0);
  return `${counted(all)} records of ${counted(people)} people in five sources`;
}

function feedLine({ files, pieces }: NonNullable<SampleSummary['feeds']>): string {
  return `${counted(pieces)} messages, documents and claims in ${several(files, 'file')}`;
}

/** `handover plan check`: every mistake at once, with file and line; changes nothing. */
export async function planCheckCommand(project: Project, output: Output): Promise<ExitCode> {
  const { value: text, problems } = await judgePlan(project);
  if (text === undefined) {
    if (output.json) output.data({ format: 'handover-plan/1', problems }, () => []);
    else output.problems(problems);
    output.note(`${several(problems.length, 'problem')} in the plan; nothing was changed.`);
    return exitCodes.planInvalid;
  }
  const mappings = text.files.mappings.map(({ path }) => path);
  output.data({ format: 'handover-plan/1', revision: text.digest, mappings, problems }, () => [
    soundLine(text),
    `revision ${text.digest}`,
  ]);
  return exitCodes.ok;
}

function soundLine({ document, files }: ProjectText): string {
  const parts = [
    several(Object.keys(document.sources).length, 'source'),
    several(Object.keys(document.targets).length, 'target'),
    several(files.mappings.length, 'mapping'),
    several(files.codeMaps.length, 'code map'),
  ];
  return `The plan "${document.name}" is sound: ${parts.join(', ')}.`;
}
