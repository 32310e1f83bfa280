import { writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { systemClock } from '../../base/clock.ts';
import { HandoverError, exitCodes, type ExitCode } from '../../base/errors.ts';
import type { GoldenDifference } from '../../run/goldens/differences.ts';
import { expecting } from '../../run/goldens/goldenFile.ts';
import { testGoldens, type GoldenResult } from '../../run/goldens/goldens.ts';
import type { Contradiction } from '../../run/goldens/made.ts';
import { readWritten } from '../../run/plan/written.ts';
import { several, type Output } from '../output.ts';
import { showProblems } from './mapCheck.ts';

export interface MapTestOptions {
  update?: boolean;
  capture?: string;
}

/** `handover map test`: what the mappings make of the rows of their goldens; needs no source. */
export async function mapTestCommand(
  output: Output,
  folderName: string,
  only: string | undefined,
  { update = false }: MapTestOptions,
): Promise<ExitCode> {
  const folder = resolve(folderName);
  const { project, problems } = await readWritten(folder);
  if (project === undefined || problems.length > 0) return showProblems(output, problems);
  const began = systemClock.now().getTime();
  const tested = testGoldens(project.plan, project, only);
  const tookMs = systemClock.now().getTime() - began;
  if (tested.problems.length > 0) return showProblems(output, tested.problems);
  const { results, untested } = tested;
  if (results.length === 0 && only !== undefined) throw goldenUnknown(only);
  const failing = results.filter(fails);
  output.data(
    {
      format: 'handover-map-test/1',
      goldens: results.map(({ golden, differences, contradictions }) => ({
        file: golden.file.path,
        differences,
        contradictions,
      })),
      untested,
      updated: update,
      tookMs,
    },
    () => [...failing.flatMap(resultLines), summaryLine(results, untested, tookMs)],
  );
  if (!update) {
    if (failing.length > 0) output.note('What is right now is written down with --update.');
    return failing.length === 0 ? exitCodes.ok : exitCodes.verificationDiffers;
  }
  for (const { golden, found, differences } of results) {
    if (differences.length === 0) continue;
    await writeFile(join(folder, golden.file.path), expecting(golden.file.text, found));
    output.note(`written: ${golden.file.path}`);
  }
  // What contradicts the facts is no less wrong for being expected.
  const wrong = results.some(({ contradictions }) => contradictions.length > 0);
  return wrong ? exitCodes.verificationDiffers : exitCodes.ok;
}

function fails({ differences, contradictions }: GoldenResult): boolean {
  return differences.length + contradictions.length > 0;
}

function resultLines({ golden, differences, contradictions }: GoldenResult): string[] {
  return [
    golden.file.path,
    ...(golden.expect === undefined ? ['  It expects nothing yet.'] : []),
    ...inParts(differences),
    ...contradictions.map(contradictionLine),
    '',
  ];
}

/** Each draft is named once, above what differs in it. */
function inParts(differences: readonly GoldenDifference[]): string[] {
  let last: string | undefined;
  return differences.flatMap(({ draft, path, expected, made }) => {
    const heading = draft === undefined || draft === last ? [] : [`  ${draft}`];
    last = draft;
    return [
      ...heading,
      `    ${path}`,
      `      expected  ${expected ?? 'nothing'}`,
      `      made      ${made ?? 'nothing'}`,
    ];
  });
}

function contradictionLine({ draft, kind, path }: Contradiction): string {
  return `  ${draft}: the facts contradict the draft: ${path} is ${kind}`;
}

function summaryLine(
  results: readonly GoldenResult[],
  untested: readonly string[],
  tookMs: number,
): string {
  const failed = results.filter(fails).length;
  const verdict = failed === 0 ? 'all as expected' : `${failed} not as expected`;
  const gaps = untested.length === 0 ? '' : `; ${several(untested.length, 'mapping')} without any`;
  return `${several(results.length, 'golden')}: ${verdict} (${tookMs} ms)${gaps}`;
}

function goldenUnknown(only: string): HandoverError {
  return new HandoverError('golden-unknown', `No golden is of "${only}".`, {
    exitCode: exitCodes.usage,
    next: 'Name a stream, such as clinic.pt_demog, or the path of a golden or its folder.',
  });
}
