import type { Alarm } from '../../linkage/alarms.ts';

/** Why a pair is linked: a code, never a value. */
export type LinkReason = 'model' | 'same-chart' | 'same-number' | 'same-home' | 'merge-message';

export interface DecidedPair {
  left: number;
  right: number;
  /** Match weight. */
  weight: number;
  reason: LinkReason;
  /** Why it is a question and no link. */
  alarms: readonly (Alarm | 'contradicts-person')[];
}
