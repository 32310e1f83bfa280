import type { Alarm } from '../../linkage/alarms.ts';
import type { LinkReason } from '../../linkage/rules.ts';

export interface DecidedPair {
  left: number;
  right: number;
  /** Match weight. */
  weight: number;
  reason: LinkReason;
  /** Why it is a question and no link. */
  alarms: readonly (Alarm | 'contradicts-person')[];
}
