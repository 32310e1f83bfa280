import type { RunReport } from '../../../contract/report.ts';
import { screenWords } from '../../../contract/words.ts';
import { differencesOf } from './causes.ts';
import { instant, lasting } from './instants.ts';
import { code, count, counted, html, total, type Markup, type Part } from './markup.ts';
import { sign } from './symbols.ts';

/** The reader's word for each colour; a colour never stands alone. */
const colorWords = { green: 'Green', amber: 'Amber', red: 'Red' } as const;

/** `Red`, `Amber` or `Green`. */
export function colorWord({ verdict }: RunReport): string {
  return colorWords[verdict.color];
}

/** The verdict: shape, word and sentence, and every reason with its count in a column. */
export function verdictOf(report: RunReport): Markup {
  const { color, sentence, reasons } = report.verdict;
  return html` <section class="verdict ${color}" aria-labelledby="verdict">
    ${sign(color, 'large')}
    <div>
      <h2 id="verdict"><span class="color-word">${colorWord(report)}</span> ${sentence}</h2>
      ${reasons.length > 0 ? reasonList(reasons) : undefined}
    </div>
  </section>`;
}

function reasonList(reasons: readonly string[]): Markup {
  return html` <ul class="reasons">
    ${reasons.map((reason) => {
      const { number, words } = /^(?<number>\d+) (?<words>.+)$/s.exec(reason)?.groups ?? {};
      if (number === undefined) return html` <li class="plain">${reason}</li>`;
      return html` <li><b>${count(Number(number))}</b> ${words}</li>`;
    })}
  </ul>`;
}

interface Figure {
  word: string;
  value: Part;
  remark: string;
}

/** The run in six numbers. */
export function figuresOf(report: RunReport): Markup {
  const { targets } = report;
  const { grave, unsure } = differencesOf(report.findings);
  const compared = total(targets, (line) => line.compared);
  const loaded = total(targets, (line) => line.loaded);
  const facts = total(targets, (line) => line.facts);
  const figures: Figure[] = [
    ...sourceFigures(report),
    { word: 'loaded', value: count(loaded), remark: `in ${counted(targetsOf(report), 'target')}` },
    {
      word: screenWords.verified,
      value: count(total(targets, (line) => line.verified)),
      remark:
        compared === 0
          ? 'nothing read back'
          : `of ${count(compared)} compared, with ${counted(facts, 'fact')}`,
    },
    {
      word: `${screenWords.finding}s`,
      value: compared + grave === 0 ? '–' : count(grave),
      remark: compared === 0 ? 'nothing compared' : `${count(unsure)} could not be compared`,
    },
  ];
  return html` <dl class="figures">
    ${figures.map(
      ({ word, value, remark }) =>
        html` <div>
          <dt>${word}</dt>
          <dd><b>${value}</b> <small>${remark}</small></dd>
        </div>`,
    )}
  </dl>`;
}

function sourceFigures({ streams, targets }: RunReport): Figure[] {
  const counts = streams.map(({ sourceCount }) => sourceCount);
  const known = counts.every((one) => one !== undefined);
  const source = total(counts, (one) => one ?? 0);
  const excluded = total(streams, (line) => line.excluded);
  const waiting = total(streams, (line) => line.waiting);
  const drafts = total(targets, (line) => line.quarantined);
  return [
    {
      word: `${screenWords.record}s read`,
      value: count(total(streams, (line) => line.read)),
      remark:
        known && streams.length > 0
          ? `${count(source)} counted by the source`
          : streamsRead(streams.length),
    },
    {
      word: 'mapped',
      value: count(total(streams, (line) => line.mapped)),
      remark: `${count(excluded)} excluded by rule`,
    },
    {
      word: screenWords.quarantined,
      value: count(total(streams, (line) => line.quarantined)),
      remark: `and ${counted(drafts, 'draft')}; ${count(waiting)} waiting`,
    },
  ];
}

function streamsRead(streams: number): string {
  return `in ${counted(streams, 'stream')}`;
}

function targetsOf({ targets }: RunReport): number {
  return new Set(targets.map(({ target }) => target)).size;
}

/** What ran, when, how and under which revision. */
export function factsOf({ run }: RunReport): Markup {
  const { startedAt, endedAt, laterRevisions } = run;
  const facts: [string, Part][] = [
    ['State', run.code === undefined ? run.state : html`${run.state}: ${code(run.code)}`],
    ['Strategy', run.strategy],
    ['Started', instant(startedAt)],
    ['Ended', endedAt === undefined ? 'not yet' : instant(endedAt)],
    ['Took', endedAt === undefined ? undefined : lasting(startedAt, endedAt)],
    ['Resumed', run.resumes === 0 ? 'never' : counted(run.resumes, 'time')],
    ['Revision', code(run.revision.slice(0, 12))],
    [
      'Replays',
      laterRevisions.length === 0
        ? undefined
        : `under ${counted(laterRevisions.length, 'later revision')}`,
    ],
  ];
  return html` <dl class="facts">
    ${facts.map(([word, value]) =>
      value === undefined
        ? undefined
        : html` <div>
            <dt>${word}</dt>
            <dd>${value}</dd>
          </div>`,
    )}
  </dl>`;
}
