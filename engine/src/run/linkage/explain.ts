import { HandoverError, exitCodes } from '../../base/errors.ts';
import type { LinkageModel } from '../../linkage/model.ts';
import { adjustmentSql, gammaSql, recordsOfPairs } from '../../linkage/scoring.ts';
import { explainPair, type Explanation, type PairLevels } from '../../linkage/waterfall.ts';
import type { Prepared } from './prepare.ts';

export interface PairExplanation extends Explanation {
  /** Blocking rules that make the pair; where there is none, it was never compared. */
  blockedBy: readonly string[];
}

/**
 * Why two records are linked or not.
 * @param left @param right numbers of records, from 0, those of a second file behind the first's.
 * @throws HandoverError `linkage-record` where a record is not there.
 */
export async function explainRecords(
  prepared: Prepared,
  model: LinkageModel,
  left: number,
  right: number,
): Promise<PairExplanation> {
  const { tables, comparisons, rules } = prepared;
  const columns = [
    ...comparisons.map((comparison) => gammaSql(comparison)),
    ...comparisons.map((comparison, at) => `(${adjustmentSql(comparison, model, at)})::double`),
    ...rules.map((_, at) => `coalesce(lb.k${at} = rb.k${at}, false)`),
  ];
  const [row] = await tables.rows(
    `select ${columns.join(', ')} ${recordsOfPairs(`(select ${left} as l, ${right} as r)`)}
       join blocks lb on lb.id = listed.l join blocks rb on rb.id = listed.r`,
  );
  if (row === undefined) {
    throw new HandoverError('linkage-record', 'There is no record of that number.', {
      exitCode: exitCodes.usage,
      next: 'Records are counted from 1 in each file; one of the second file is written as 2:17.',
    });
  }
  const pair = comparisons.map(({ levels }, at): PairLevels => {
    const gamma = Number(row[at]);
    return {
      level: gamma < 0 ? undefined : levels.length - 1 - gamma,
      adjustment: Number(row[comparisons.length + at]),
    };
  });
  const blockedBy = rules
    .filter((_, at) => row[2 * comparisons.length + at] === true)
    .map(({ label }) => label);
  return { ...explainPair(model, pair), blockedBy };
}
