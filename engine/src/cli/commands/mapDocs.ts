import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { exitCodes, type ExitCode } from '../../base/errors.ts';
import { testGoldens } from '../../run/goldens/goldens.ts';
import { readWritten } from '../../run/plan/written.ts';
import { renderSpecification } from '../../run/specification/html.ts';
import { specificationOf } from '../../run/specification/specification.ts';
import { specificationWorkbook } from '../../run/specification/workbook.ts';
import type { Output } from '../output.ts';
import { showProblems } from './mapCheck.ts';

/** `handover map docs`: what the mappings do, for people who do not read mappings; needs no source. */
export async function mapDocsCommand(
  output: Output,
  folder: string,
  out: string,
): Promise<ExitCode> {
  const { project, problems } = await readWritten(resolve(folder));
  if (project === undefined || problems.length > 0) return showProblems(output, problems);
  const unsound = testGoldens(project.plan, { ...project, goldens: [] }).problems;
  if (unsound.length > 0) return showProblems(output, unsound);
  const specification = specificationOf(project);
  const base = join(out, `${specification.project}-mappings`);
  const files = { html: `${base}.html`, xlsx: `${base}.xlsx` };
  await mkdir(out, { recursive: true });
  await writeFile(files.html, renderSpecification(specification));
  await writeFile(files.xlsx, await specificationWorkbook(specification));
  output.data({ format: 'handover-map-docs/1', ...files }, () => [files.html, files.xlsx]);
  return exitCodes.ok;
}
