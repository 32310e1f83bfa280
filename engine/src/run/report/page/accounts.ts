import { draftsOf, gapOf, recordsOf, ties, type Balance } from '../../../contract/balanceBar.ts';
import type { RunReport, StreamReport, TargetReport } from '../../../contract/report.ts';
import { screenWords } from '../../../contract/words.ts';
import { operator, termWord } from './balanceBar.ts';
import { balanceTable, type Account } from './balanceTable.ts';
import { comparisonTable } from './comparison.ts';
import { count, counted, html, type Markup } from './markup.ts';
import type { Section } from './section.ts';

/** Every source item that was read, and where it stands. */
export function streamsSection({ streams }: RunReport): Section {
  const broken = streams.filter((line) => !ties(recordsOf(line))).length;
  return {
    id: 'source-items',
    title: 'Source items',
    tally: tallyOf(streams.length, 'stream', broken),
    ...(broken > 0 && { sign: 'red' as const }),
    note: `Each ${screenWords.record} that was read stands in one place and only one. The second
      line of a stream counts again, from the batches themselves.`,
    body:
      streams.length === 0
        ? `No stream was entered, so no ${screenWords.record} was read.`
        : balanceTable({
            caption: `Streams: ${screenWords.record}s that were read, by where they stand`,
            named: 'Stream',
            sum: 'All streams',
            accounts: streams.map(streamAccount),
          }),
  };
}

function tallyOf(all: number, one: string, broken: number): string {
  if (broken === 0) return counted(all, one);
  return `${count(broken)} of ${counted(all, one)} out of balance`;
}

function streamAccount(line: StreamReport): Account {
  const balance = recordsOf(line);
  const remarks: string[] = [...gapRemark(balance, screenWords.record)];
  if (recounts(line).some(({ running, again }) => running !== again)) {
    remarks.push('The recount differs from the running totals.');
  }
  if (line.sourceCount !== undefined && line.sourceCount !== line.read) {
    remarks.push(`The source counted ${count(line.sourceCount)} when it was assessed.`);
  }
  if (!line.keyed) remarks.push('It has no key.');
  return { name: line.stream, balance, remarks, recount: recountCells(line) };
}

function gapRemark(balance: Balance, noun: string): string[] {
  const gap = gapOf(balance);
  if (gap > 0) return [`${counted(gap, noun)} not accounted for.`];
  return gap < 0 ? [`${counted(-gap, noun)} more than were ${balance.whole.word}.`] : [];
}

interface Recounted {
  word: string;
  running: number;
  again: number;
}

/** Running totals beside their recount, in the order of the equation; `waiting` has none. */
function recounts(line: StreamReport): Recounted[] {
  const { recount } = line;
  return [
    { word: 'mapped', running: line.mapped, again: recount.mapped },
    { word: screenWords.quarantined, running: line.quarantined, again: recount.quarantined },
    { word: 'excluded', running: line.excluded, again: recount.excluded },
    { word: 'read', running: line.read, again: recount.read },
  ];
}

function recountCells(line: StreamReport): Markup[] {
  const cells = recounts(line).map(({ word, running, again }, at) => {
    const differs = running !== again;
    const lead = at === 0 ? operator('recount') : undefined;
    return html`<td class="number${differs ? ' wrong' : ''}">
      ${lead} ${termWord(word)} ${differs ? operator('≠') : undefined} ${count(again)}
    </td>`;
  });
  return [...cells.slice(0, 3), html`<td class="number none"></td>`, ...cells.slice(3)];
}

/** What became of the drafts at each target, and what was read back of them. */
export function targetsSection({ targets }: RunReport): Section {
  const names = [...new Set(targets.map(({ target }) => target))];
  const broken = targets.filter((line) => !ties(draftsOf(line))).length;
  return {
    id: 'targets',
    title: 'At the targets',
    tally: broken > 0 ? `${count(broken)} out of balance` : counted(names.length, 'target'),
    ...(broken > 0 && { sign: 'red' as const }),
    note: `A source item may yield several drafts, or share one. Each draft for a target is
      accounted for, and what was loaded is read back through the target’s own interface.`,
    body:
      names.length === 0
        ? 'Nothing was drafted for a target.'
        : html`${names.map((name) => oneTarget(name, targets))}`,
  };
}

function oneTarget(name: string, targets: readonly TargetReport[]): Markup {
  const lines = targets.filter(({ target }) => target === name);
  const drafts = balanceTable({
    caption: `Drafts for ${name}, by where they stand`,
    named: 'Stream',
    sum: 'All streams',
    accounts: lines.map((line) => {
      const balance = draftsOf(line);
      return { name: line.stream, balance, remarks: gapRemark(balance, 'draft') };
    }),
  });
  return html` <h3>${name}</h3>
    ${drafts} ${comparisonTable(name, lines)}`;
}
