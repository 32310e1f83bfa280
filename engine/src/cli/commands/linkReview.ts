import type { ExitCode } from '../../base/errors.ts';
import { decide, scoreWidely } from '../../run/linkage/decide.ts';
import { reportLinkage } from '../../run/linkage/report.ts';
import { shownReport } from '../../run/linkage/reportCells.ts';
import { renderLinkageReport } from '../../run/linkage/reportPage.ts';
import { counted, several, table, type Output } from '../output.ts';
import { nameOf, withRecords, writeNew, type LinkOptions } from './link.ts';

/** Questions that are shown to people; a program is given all of them. */
const shownQuestions = 50;

/** `handover link review`: what a human is asked, what an answer settles most first; no value is shown. */
export async function linkReviewCommand(
  output: Output,
  files: readonly string[],
  options: LinkOptions,
): Promise<ExitCode> {
  return withRecords(files, options, async (prepared, model) => {
    await scoreWidely(prepared, model);
    const { review, overlaid, sizeOf, links } = await decide(prepared, model);
    const name = (record: number): string => nameOf(record, prepared.sizes);
    const questions = review.map(({ left, right, weight, alarms }) => ({
      left: name(left),
      right: name(right),
      settles: sizeOf(left) * sizeOf(right),
      weight: Number(weight.toFixed(2)),
      alarms,
    }));
    const overlays = [...overlaid].map(name);
    const found = { links: links.length, questions, overlays };
    output.data({ format: 'handover-linkage-review/1', ...found }, () => [
      `${several(questions.length, 'question')} and ${several(overlays.length, 'overlaid record')}; ${counted(links.length)} pairs linked`,
      ...(questions.length > 0 ? ['', ...questionLines(questions.slice(0, shownQuestions))] : []),
      ...(questions.length > shownQuestions ? ['… all of them with --json'] : []),
      ...overlays.map((record) => `overlaid: ${record}`),
    ]);
  });
}

interface Question {
  left: string;
  right: string;
  settles: number;
  weight: number;
  alarms: readonly string[];
}

function questionLines(questions: readonly Question[]): string[] {
  return table(
    ['record', 'record', 'settles', 'weight', 'why it is a question'],
    questions.map(({ left, right, settles, weight, alarms }) => [
      left,
      right,
      settles,
      weight.toFixed(2),
      alarms.join(', ') || 'weight',
    ]),
  );
}

/** `handover link report`: the linkage in figures, as a page. */
export async function linkReportCommand(
  output: Output,
  files: readonly string[],
  options: LinkOptions & { out: string; smallestCell: number },
): Promise<ExitCode> {
  return withRecords(files, options, async (prepared, model) => {
    const report = shownReport(await reportLinkage(prepared, model), options.smallestCell);
    await writeNew(options.out, renderLinkageReport(report));
    output.data({ format: 'handover-linkage-report/2', ...report }, () => [options.out]);
  });
}
