import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { exitCodes, type ExitCode } from '../../base/errors.ts';
import type { Problem } from '../../model/problem.ts';
import { openEndpoints } from '../../run/endpoints.ts';
import { testGoldens } from '../../run/goldens/goldens.ts';
import { describeSources } from '../../run/preview.ts';
import { dispositionProblems } from '../../run/plan/dispositionProblems.ts';
import { readProject } from '../../run/plan/read.ts';
import { inOrder } from '../../run/plan/shape.ts';
import { streamFileText, streamFolder } from '../../run/plan/streamFiles.ts';
import { planInvalid } from '../../run/plan/streams.ts';
import { readWritten } from '../../run/plan/written.ts';
import { bindPlan, connectorServices } from '../composition.ts';
import { several, type Output } from '../output.ts';
import type { Project } from '../project.ts';

/** `handover map check`: every mistake in plan, mappings, code maps and goldens; needs no source. */
export async function mapCheckCommand(output: Output, folder: string): Promise<ExitCode> {
  const { project, problems } = await readWritten(resolve(folder));
  const judged = project && testGoldens(project.plan, project);
  const undecided = project ? dispositionProblems(project.plan.project, project.streams) : [];
  const all = inOrder([...problems, ...(judged?.problems ?? []), ...undecided]);
  if (all.length > 0 || project === undefined) return showProblems(output, all);
  const { mappings, codeMaps } = project.plan.project.files;
  const files = mappings.map(({ path }) => path);
  output.data({ format: 'handover-map-check/1', mappings: files, problems: [] }, () => [
    `Sound: ${several(files.length, 'mapping')}, ${several(codeMaps.length, 'code map')}, ` +
      `${several(project.goldens.length, 'golden')}.`,
  ]);
  return exitCodes.ok;
}

/** Mistakes are the data of a check. */
export function showProblems(output: Output, problems: readonly Problem[]): ExitCode {
  if (output.json) output.data({ format: 'handover-map-check/1', problems }, () => []);
  else output.problems(problems);
  output.note(`${several(problems.length, 'problem')}; nothing was changed.`);
  return exitCodes.planInvalid;
}

/** `handover map describe`: write down what the sources look like, without any value of theirs. */
export async function mapDescribeCommand(project: Project, output: Output): Promise<ExitCode> {
  const { value: text, problems } = await readProject(project.folder);
  if (text === undefined) {
    output.problems(problems);
    throw planInvalid(problems.length);
  }
  const endpoints = openEndpoints(bindPlan(project, text), connectorServices(project));
  try {
    const sources = await endpoints.sources();
    const streams = await describeSources(sources);
    await mkdir(join(project.folder, streamFolder), { recursive: true });
    const written = [...sources.keys()].map((source) => {
      const own = streams.filter((stream) => stream.source === source);
      return { path: `${streamFolder}/${source}.yaml`, source, own };
    });
    for (const { path, source, own } of written) {
      const named = own.map((one) => ({ ...one, name: one.name.slice(source.length + 1) }));
      await writeFile(join(project.folder, path), streamFileText(source, named));
    }
    const files = written.map(({ path, own }) => ({ path, streams: own.length }));
    output.data({ format: 'handover-map-describe/1', files }, () =>
      files.map(({ path, streams: count }) => `${path}: ${several(count, 'stream')}`),
    );
    return exitCodes.ok;
  } finally {
    await endpoints.close();
  }
}
