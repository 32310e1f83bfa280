/**
 * Delivery of one draft to one target; the first of the two axes that are never folded into one
 * status (the second is verification).
 *
 * - *waiting*: accepted and not yet tried, or a referent is not there yet. Left for *intended*, or
 *   for *refused* when the referent never comes.
 * - *intended*: key and digest are committed and the target's prior version is sealed
 *   (`handover.intent`). From here a crash leaves a question, which only the target can answer.
 * - *ambiguous*: the target may have taken it (time-out, reset, 5xx after commit). Asking the target
 *   leads to *delivered*, or back to *intended*. Lasts only inside an attempt.
 * - *delivered*: a receipt with the version and digest as stored. Left by undo, and where a re-map no
 *   longer makes it (`removed`).
 * - *refused*: the target said no; the draft is held (quarantined) with the code. Left by a replay.
 *
 * *waiting* in the balance means waiting, intended or ambiguous. What a batch's commit makes of each
 * draft is one byte in its entry page, set in one place (`enterDelivery`):
 */
export const deliveryCodes = {
  /** Delivered; nothing had been there. */
  created: 1,
  /** Delivered as a new version over what was there. */
  updated: 2,
  waiting: 3,
  refused: 4,
  /** Not routed to this target. */
  excluded: 5,
  /** Held at `check`, so never tried. */
  held: 6,
  /** Delivered without a write: the target held the same already. */
  unchanged: 7,
  /** Taken out of the target: a re-map no longer makes it, or holds what it makes now. */
  removed: 8,
  /** Not tried: its record leads to another one's chart, which stands for both. */
  merged: 9,
  /** Not tried: somebody decided that what users of the target have made of it stands. */
  kept: 10,
} as const;

/** Whether a state byte says that the target has the draft. */
export function isDelivered(state: number | undefined): boolean {
  const { created, updated, unchanged } = deliveryCodes;
  return state === created || state === updated || state === unchanged;
}
