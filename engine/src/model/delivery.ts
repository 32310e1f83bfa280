/**
 * Delivery of one draft to one target; the first of the two axes that are never folded into one
 * status (the second is verification).
 *
 * - `waiting`: accepted and not yet tried, or a referent is not there yet.
 * - `intended`: key and digest are committed and the target's prior version is sealed. From here a
 *   crash leaves a question, which only the target can answer.
 * - `ambiguous`: the target may have taken it (time-out, reset, 5xx after commit). Recovery asks it.
 * - `delivered`: a receipt with the version and digest as stored.
 * - `refused`: the target said no; the draft is held (quarantined) with the code.
 *
 * `waiting` in the balance means waiting, intended or ambiguous.
 */
export type DeliveryState = 'waiting' | 'intended' | 'ambiguous' | 'delivered' | 'refused';

const leaves: Readonly<Record<DeliveryState, readonly DeliveryState[]>> = {
  waiting: ['intended', 'refused'],
  intended: ['delivered', 'ambiguous', 'refused', 'waiting'],
  ambiguous: ['delivered', 'intended', 'refused'],
  delivered: [],
  refused: ['waiting'],
};

/** Whether the one setter may take a draft from `from` to `to`. */
export function mayMove(from: DeliveryState, to: DeliveryState): boolean {
  return leaves[from].includes(to);
}
