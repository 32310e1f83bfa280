import type { Random } from '../../engine/src/base/random.ts';
import { featureCount, featuresAt } from '../../engine/src/privacy/features.ts';
import {
  bestLabel,
  emptyWeights,
  labelCount,
  rowShift,
  scoreInto,
} from '../../engine/src/privacy/tagger.ts';
import type { Lesson } from './sentences.ts';

/**
 * An averaged perceptron that walks each text from the left with the labels it gave itself, so that
 * it learns to go on after its own mistakes.
 */
export function train(
  random: Random,
  lessons: readonly Lesson[],
  rounds: number,
  say: (line: string) => void,
): Float32Array {
  const weights = emptyWeights();
  const sums = new Float64Array(weights.length);
  const order = lessons.map((_, at) => at);
  const places = new Int32Array(featureCount);
  const scores = new Float64Array(labelCount);
  let step = 0;
  for (let round = 0; round < rounds; round++) {
    let wrong = 0;
    let total = 0;
    for (let at = order.length - 1; at > 0; at--) {
      const other = random.integer(at + 1);
      [order[at], order[other]] = [order[other] as number, order[at] as number];
    }
    for (const which of order) {
      const { sight, labels } = lessons[which] as Lesson;
      let before = 0;
      let beforeLast = 0;
      for (let at = 0; at < sight.length; at++) {
        step++;
        featuresAt(sight, at, before, beforeLast, places);
        scoreInto(weights, places, scores);
        const right = labels[at] as number;
        scores[right]! -= margin;
        const guess = bestLabel(scores, before);
        total++;
        if (guess !== right) {
          wrong++;
          for (const place of places) {
            const row = place << rowShift;
            weights[row + right]! += 1;
            sums[row + right]! += step;
            weights[row + guess]! -= 1;
            sums[row + guess]! -= step;
          }
        }
        beforeLast = before;
        // Labels told to the next token: its own, as it would be without the lesson.
        before = guess === right || random.next() < 0.5 ? right : guess;
      }
    }
    say(`round ${round + 1}: ${((100 * wrong) / total).toFixed(2)} % of ${total} tokens wrong`);
  }
  for (let at = 0; at < weights.length; at++) weights[at]! -= sums[at]! / step;
  return weights;
}

/** By how much the right label must lead before it counts as known. */
const margin = 6;
