import { shownCount, shownCounts, shownSizes, type ShownCount } from '../../privacy/smallCells.ts';
import type { LinkageReport } from './report.ts';

/** A linkage report as it may leave the house: no count of people by which one of them could be told. */
export interface ShownLinkageReport extends Pick<LinkageReport, 'files' | 'records' | 'weights'> {
  persons: ShownCount;
  questions: ShownCount;
  overlaid: ShownCount;
  /** Shares; of fewer people than are shown, the bound that they are below. */
  duplicatesBefore: readonly { file: string; rate: ShownCount }[];
  duplicatesAfter: ShownCount;
  thresholds: LinkageReport['thresholds'];
  /** The last one may mean its size and more. */
  sizes: readonly { size: number; persons: ShownCount; andMore: boolean }[];
  blocking: readonly { rule: string; pairs: ShownCount; skewed: ShownCount }[];
  alarms: readonly { alarm: string; questions: ShownCount }[];
  reasons: readonly { reason: string; links: ShownCount }[];
}

/** @param least the smallest count that is shown. */
export function shownReport(report: LinkageReport, least?: number): ShownLinkageReport {
  const { files, records, persons, questions, overlaid, weights } = report;
  const alarms = shownCounts(
    report.alarms.map((one) => one.questions),
    true,
    least,
  );
  const reasons = shownCounts(
    report.reasons.map((one) => one.links),
    true,
    least,
  );
  const duplicates = records - persons;
  return {
    files,
    records,
    weights,
    // Records are known: what is left of them is how many were united.
    persons: shownCount(duplicates, least) === duplicates ? persons : 'withheld',
    questions: shownCount(questions, least),
    overlaid: shownCount(overlaid, least),
    duplicatesBefore: report.duplicatesBefore.map(({ file, rate }) => ({
      file,
      rate: shownShare(rate, records, least),
    })),
    duplicatesAfter: shownShare(report.duplicatesAfter, persons, least),
    thresholds: apart(report.thresholds, least),
    sizes: shownSizes(report.sizes, least),
    blocking: report.blocking.map(({ rule, pairs, skewed }) => ({
      rule,
      pairs: shownCount(Math.round(pairs), least),
      skewed: shownCount(Math.round(skewed), least),
    })),
    alarms: report.alarms.map(({ alarm }, at) => ({ alarm, questions: alarms[at] ?? 0 })),
    reasons: report.reasons.map(({ reason }, at) => ({ reason, links: reasons[at] ?? 0 })),
  };
}

/** A share says a count to whoever knows what it is of. */
function shownShare(share: number, of: number, least?: number): ShownCount {
  const count = Math.round(share * of);
  return shownCount(count, least) === count ? share : `<${((least ?? 11) / of).toPrecision(2)}`;
}

/** Thresholds whose pairs differ by too few from those before are left out: the difference is a count. */
function apart(
  thresholds: LinkageReport['thresholds'],
  least?: number,
): LinkageReport['thresholds'] {
  let before = 0;
  return thresholds.filter(({ pairs }) => {
    const more = pairs - before;
    if (more === 0 || shownCount(more, least) !== more) return false;
    before = pairs;
    return true;
  });
}
