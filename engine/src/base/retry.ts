import type { Clock } from './clock.ts';
import { failureOf } from './errors.ts';
import type { Random } from './random.ts';

export interface RetryPolicy {
  /** Tries in all, the first included. */
  attempts: number;
  /** Delay before the second try; doubles from there. */
  firstDelayMs: number;
  /** No delay is longer than this, except one the other side asked for. */
  longestDelayMs: number;
}

export const defaultRetry: RetryPolicy = { attempts: 5, firstDelayMs: 100, longestDelayMs: 10_000 };

/**
 * Delay before try `attempt + 1` (attempts count from 1), with full jitter. `askedMs`, the wait the
 * other side asked for (Retry-After), is a floor.
 */
export function retryDelayMs(
  policy: RetryPolicy,
  attempt: number,
  random: Random,
  askedMs = 0,
): number {
  const ceiling = Math.min(policy.longestDelayMs, policy.firstDelayMs * 2 ** (attempt - 1));
  return Math.max(askedMs, ceiling * (0.5 + random.next() / 2));
}

/** Run `operate` until it succeeds, fails other than transiently, or the tries are used up. */
export async function retryTransient<T>(
  operate: (attempt: number) => Promise<T>,
  services: { clock: Clock; random: Random; signal?: AbortSignal },
  policy: RetryPolicy = defaultRetry,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    services.signal?.throwIfAborted();
    try {
      return await operate(attempt);
    } catch (error) {
      if (failureOf(error) !== 'transient' || attempt >= policy.attempts) throw error;
      const delayMs = retryDelayMs(policy, attempt, services.random);
      await services.clock.sleep(delayMs, services.signal);
    }
  }
}
