import { readdir, readFile, stat } from 'node:fs/promises';
import * as path from 'node:path';
import { exitCodes, HandoverError, systemCode } from '../../../base/errors.ts';
import type { MappingFile } from '../../../mapping/compile.ts';
import { readMappingSource } from '../../../mapping/source.ts';
import { readStandardSource } from '../../../mapping/standards/source.ts';
import { isMappingFile, planFile, readProject, type ProjectText } from '../../../run/plan/read.ts';
import { filesUnder, receivablesOf } from '../../../run/plan/receivables.ts';
import { planInvalid } from '../../../run/plan/streams.ts';
import type { Output } from '../../output.ts';

/** What `--mapping` names, with what its project has beside it. */
export interface MappingChoice {
  /** What paths of files are relative to. */
  folder: string;
  /** Absent for mappings that lie in no project. */
  project?: ProjectText;
  /** Those that were named. */
  chosen: readonly ChosenMapping[];
  /** Others of the project: what those refer to. */
  others: readonly MappingFile[];
  /** Columns that identify a row, by stream, as mappings declare them. */
  keys: ReadonlyMap<string, readonly string[]>;
}

export interface ChosenMapping extends MappingFile {
  stream: string;
}

/**
 * Read a mapping, or all that lie below a folder, and the plan of the project that it lies in.
 * @throws HandoverError `input-missing` (exit 2), `mapping-standard` (exit 2), `plan-invalid` (exit 3).
 */
export async function chooseMappings(name: string, output: Output): Promise<MappingChoice> {
  const named = await namedFiles(path.resolve(name));
  const folder = await projectFolder(path.resolve(name));
  const project = folder === undefined ? undefined : await soundProject(folder, output);
  const base = folder ?? path.dirname(path.resolve(name));
  const files = await Promise.all(
    named.map(async (file) => ({
      path: path.relative(base, file),
      text: await readFile(file, 'utf8'),
    })),
  );
  const chosen = files.map((file) => chosenMapping(file, output));
  const all = project?.files.mappings ?? [];
  const way = project && receivablesOf(project.document).way;
  const moving = way === undefined ? all : filesUnder(all, way).moving;
  const others = moving.filter((one) => !files.some((file) => file.path === one.path));
  const keys = new Map([...files, ...others].flatMap(declaredKey));
  return { folder: base, ...(project && { project }), chosen, others, keys };
}

async function namedFiles(name: string): Promise<string[]> {
  try {
    if (!(await stat(name)).isDirectory()) return [name];
    const found = (await readdir(name, { recursive: true })).filter(isMappingFile).toSorted();
    if (found.length > 0) return found.map((file) => path.join(name, file));
  } catch (error) {
    if (systemCode(error) === undefined) throw error;
  }
  throw new HandoverError('input-missing', `There is no mapping ${name}.`, {
    exitCode: exitCodes.usage,
    next: 'Name the file of a mapping (.yaml), or a folder of them: --mapping mappings/clinic.',
  });
}

/** The folder above with a plan. */
async function projectFolder(name: string): Promise<string | undefined> {
  for (let at = name; ; at = path.dirname(at)) {
    const found = await stat(path.join(at, planFile)).catch(() => undefined);
    if (found?.isFile() === true) return at;
    if (at === path.dirname(at)) return undefined;
  }
}

async function soundProject(folder: string, output: Output): Promise<ProjectText> {
  const { value, problems } = await readProject(folder);
  if (value !== undefined) return value;
  output.problems(problems);
  throw planInvalid(problems.length);
}

function chosenMapping(file: MappingFile, output: Output): ChosenMapping {
  if (readStandardSource(file.path, file.text) !== undefined) throw isStandard(file.path);
  const { source, problems } = readMappingSource(file.path, file.text);
  if (source === undefined) {
    output.problems(problems.sorted());
    throw planInvalid(problems.all.length);
  }
  return { ...file, stream: source.stream.text };
}

function declaredKey({ path: file, text }: MappingFile): [string, readonly string[]][] {
  if (readStandardSource(file, text) !== undefined) return [];
  const { source } = readMappingSource(file, text);
  const { key = [], stream } = source ?? {};
  return stream === undefined ? [] : [[stream.text, key.map((part) => part.text)]];
}

function isStandard(file: string): HandoverError {
  return new HandoverError(
    'mapping-standard',
    `${file} is for messages or documents, not tables.`,
    {
      exitCode: exitCodes.usage,
      next: 'Convert them without a mapping: --from hl7v2, ccda or x12.',
    },
  );
}
