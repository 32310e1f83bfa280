import type { TargetReport } from '../../../contract/report.ts';
import { screenWords } from '../../../contract/words.ts';
import { dataTable, type Column } from './dataTable.ts';
import { code, count, html, type Markup } from './markup.ts';

/** What was read back from one target and compared, stream by stream. */
export function comparisonTable(target: string, lines: readonly TargetReport[]): Markup {
  return dataTable<TargetReport>({
    caption: `Read back from ${target} and compared with the drafts and with the source’s facts`,
    namedBy: 'Stream',
    flowing: true,
    columns,
    lines,
  });
}

const columns: readonly Column<TargetReport>[] = [
  { head: 'Stream', kind: 'account', cell: ({ stream }) => code(stream) },
  numbers('loaded', ({ loaded }) => loaded),
  numbers(
    'compared',
    ({ compared }) => compared,
    ({ loaded, compared }) => (compared < loaded ? 'amber' : undefined),
  ),
  numbers(screenWords.verified, ({ verified }) => verified),
  numbers(
    'facts',
    ({ facts }) => facts,
    ({ loaded, facts }) => (loaded > 0 && facts === 0 ? 'amber' : undefined),
  ),
  numbers(`of ${screenWords.record}s`, ({ factRecords }) => factRecords),
  numbers(
    'missing',
    ({ missing }) => missing,
    ({ missing }) => redIf(missing),
  ),
  numbers(
    'extra',
    ({ extra }) => extra,
    ({ extra }) => redIf(extra),
  ),
  numbers(
    'different',
    ({ different }) => different,
    ({ different }) => redIf(different),
  ),
  numbers(
    'could not compare',
    ({ unverifiable }) => unverifiable,
    ({ unverifiable }) => (unverifiable > 0 ? 'amber' : undefined),
  ),
];

function redIf(found: number): 'red' | undefined {
  return found > 0 ? 'red' : undefined;
}

function numbers(
  head: string,
  of: (line: TargetReport) => number,
  mark: (line: TargetReport) => 'red' | 'amber' | undefined = () => undefined,
): Column<TargetReport> {
  return {
    head,
    kind: 'number',
    cell: (line) => {
      const color = mark(line) ?? (of(line) === 0 ? 'zero' : undefined);
      return color === undefined
        ? count(of(line))
        : html`<span class="${color}">${count(of(line))}</span>`;
    },
  };
}
