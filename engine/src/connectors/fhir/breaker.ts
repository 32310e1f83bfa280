import type { Clock } from '../../base/clock.ts';
import { exitCodes, HandoverError } from '../../base/errors.ts';

/** Failures in a row after which a server is left alone for a while. */
const mostFailures = 5;
const firstRestMs = 1000;
const longestRestMs = 60_000;
/** A server may ask for a pause, not for a standstill. */
const longestAskedMs = 10 * 60_000;

/**
 * Leaves a server alone that asks for it (Retry-After) or fails again and again: while it rests, no
 * request of this process is sent. After the rest requests go out again; the first that succeeds
 * closes the breaker, one that fails doubles the rest.
 */
export class Breaker {
  readonly #clock: Clock;
  #failures = 0;
  #restsUntilMs = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Milliseconds that the server is still to be left alone. */
  restMs(): number {
    return Math.max(0, this.#restsUntilMs - this.#clock.monotonicMs());
  }

  succeeded(): void {
    this.#failures = 0;
  }

  /** `askedMs`: what the server asked for, if it did. */
  failed(askedMs: number | undefined): void {
    this.#failures++;
    const beyond = this.#failures - mostFailures;
    const ownMs = beyond < 0 ? 0 : Math.min(longestRestMs, firstRestMs * 2 ** beyond);
    const restMs = Math.max(ownMs, Math.min(askedMs ?? 0, longestAskedMs));
    this.#restsUntilMs = Math.max(this.#restsUntilMs, this.#clock.monotonicMs() + restMs);
  }
}

/** Nothing was sent: the server is being left alone. */
export class TargetResting extends HandoverError {
  readonly restMs: number;

  constructor(restMs: number) {
    super('target-resting', 'The target asked for a pause or failed repeatedly.', {
      failure: 'transient',
      exitCode: exitCodes.unavailable,
      next: 'Check the target, then: handover resume',
    });
    this.restMs = restMs;
  }
}

/**
 * `Retry-After` in milliseconds (RFC 9110 §10.2.3): seconds, or a date; undefined when there is none
 * or it cannot be read. A date that has passed is 0.
 */
export function retryAfterMs(header: string | null, now: Date): number | undefined {
  const text = header?.trim() ?? '';
  if (/^\d{1,9}$/.test(text)) return Math.min(Number(text) * 1000, longestAskedMs);
  if (!/[A-Za-z]/.test(text)) return undefined;
  const at = Date.parse(text);
  if (Number.isNaN(at)) return undefined;
  return Math.min(Math.max(0, at - now.getTime()), longestAskedMs);
}
