/**
 * A balance as screens and reports draw it: a bar of segments and the equation beside it. One place
 * says which terms there are, in whose words, and whether they tie.
 */
import type { StreamReport, TargetReport } from './report.ts';
import { screenWords } from './words.ts';

/** One term of a balance, and the segment of the bar that shows it. */
export interface Term {
  /** Name of the segment's colour and pattern. */
  segment: Segment;
  /** The reader's word for it. */
  word: string;
  count: number;
}

export type Segment =
  'moved' | 'combined' | 'superseded' | 'removed' | 'held' | 'excluded' | 'waiting';

/** An equation of promise 1: the terms, and what they have to add up to. */
export interface Balance {
  terms: readonly Term[];
  whole: { word: string; count: number };
  /** What the ledger says of it; a page adds up for itself as well. */
  balanced: boolean;
}

/** `read = mapped + held + excluded + waiting`, of one stream. */
export function recordsOf(line: StreamReport): Balance {
  return {
    terms: [
      { segment: 'moved', word: 'mapped', count: line.mapped },
      { segment: 'held', word: screenWords.quarantined, count: line.quarantined },
      { segment: 'excluded', word: 'excluded', count: line.excluded },
      { segment: 'waiting', word: 'waiting', count: line.waiting },
    ],
    whole: { word: 'read', count: line.read },
    balanced: line.balanced,
  };
}

/** `drafted = loaded + combined + superseded + …`, of one stream at one target. */
export function draftsOf(line: TargetReport): Balance {
  return {
    terms: [
      { segment: 'moved', word: 'loaded', count: line.loaded },
      { segment: 'combined', word: screenWords.merged, count: line.merged },
      { segment: 'superseded', word: 'superseded', count: line.superseded },
      { segment: 'removed', word: 'removed', count: line.removed },
      { segment: 'held', word: screenWords.quarantined, count: line.quarantined },
      { segment: 'excluded', word: 'excluded', count: line.excluded },
      { segment: 'waiting', word: 'waiting', count: line.waiting },
    ],
    whole: { word: 'drafted', count: line.drafted },
    balanced: line.balanced,
  };
}

/** What the whole has that no term accounts for; negative when the terms say too much. */
export function gapOf({ terms, whole }: Balance): number {
  return whole.count - terms.reduce((sum, term) => sum + term.count, 0);
}

/** Whether the balance ties: the ledger says so, and so does the sum on this page. */
export function ties(balance: Balance): boolean {
  return balance.balanced && gapOf(balance) === 0;
}

/** A stretch of a bar, in per cent of its length. */
export interface Stretch {
  segment: Segment | 'gap';
  start: number;
  width: number;
}

/** So that one held item among a million is seen; the counts beside the bar are exact. */
const leastWidth = 1.6;

/** Where the segments of a bar lie. Those of nothing are left out. */
export function layOut(balance: Balance): Stretch[] {
  const gap = Math.max(0, gapOf(balance));
  const parts = [...balance.terms, { segment: 'gap' as const, count: gap }]
    .map(({ segment, count: size }) => ({ segment, size: Math.max(0, size) }))
    .filter(({ size }) => size > 0);
  const sum = parts.reduce((all, { size }) => all + size, 0);
  const wide = parts.map((part) => Math.max(leastWidth, (part.size / sum) * 100));
  const scale = 100 / wide.reduce((all, width) => all + width, 0);
  let start = 0;
  return parts.map(({ segment }, at) => {
    const width = (wide[at] ?? 0) * scale;
    start += width;
    return { segment, start: start - width, width };
  });
}
