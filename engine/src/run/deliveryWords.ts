import { deliveryCodes } from '../model/delivery.ts';
import type { EntryPage } from '../ledger/entries.ts';
import type { Exception } from '../ledger/exceptions.ts';

const words: Readonly<Record<number, string>> = {
  [deliveryCodes.created]: 'delivered',
  [deliveryCodes.updated]: 'delivered',
  [deliveryCodes.unchanged]: 'delivered',
  [deliveryCodes.waiting]: 'waiting',
  [deliveryCodes.refused]: 'held for review',
  [deliveryCodes.excluded]: 'not routed here',
  [deliveryCodes.held]: 'held for review',
  [deliveryCodes.removed]: 'removed',
  [deliveryCodes.kept]: "the target's own is kept",
};

/** What became of one draft at one target, in the words of the screen. */
export function deliveryWord(
  page: EntryPage | undefined,
  at: number,
  exception: Exception | undefined,
): { state: string; version?: number; code?: string } {
  const settled = exception?.resolution;
  if (settled?.outcome === 'loaded') {
    return {
      state: 'delivered',
      ...(settled.version !== undefined && { version: settled.version }),
    };
  }
  const code = settled?.code || exception?.code;
  if (settled?.outcome === 'quarantined') return { state: 'held for review', code: code ?? '' };
  const state = words[page?.states[at] ?? 0] ?? 'waiting';
  if (state !== 'delivered') return { state, ...(code !== undefined && { code }) };
  return { state, version: page?.versions.readUInt32LE(at * 4) ?? 0 };
}
