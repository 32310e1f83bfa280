import { localTimestamp } from '../calendar.ts';
import { lastDay } from '../people.ts';

/**
 * The columns that hang on every legacy row and mean nothing to the chart: leftovers for users to
 * define and the time of the last change. Computed from the id, for they need only look random.
 */
export interface Trail {
  tag1: string | null;
  tag3: string | null;
  changedAt: string;
}

const tags = ['RECALL', 'X', 'conv2009', 'VIP?', 'see Joan', '1', 'N/A'] as const;

export function trail(id: number): Trail {
  const bits = Math.imul(id, 0x9e3779b1) >>> 0;
  const day = lastDay - (bits % 1500);
  return {
    tag1: bits % 9 === 0 ? (tags[bits % tags.length] ?? null) : null,
    tag3: bits % 23 === 0 ? (tags[(bits >>> 8) % tags.length] ?? null) : null,
    changedAt: localTimestamp({ day, minute: 420 + ((bits >>> 5) % 600) }),
  };
}
