import { isLoopback } from '../base/loopback.ts';

/**
 * How a connection is guarded: `local` never leaves the machine; `verified` is TLS with the other side's
 * certificate and name checked; `unverified` is TLS with whoever answers; `none` is in clear.
 */
export type WireGuard = 'local' | 'verified' | 'unverified' | 'none';

/** One way over a network that a connector takes, or is reached by, as it is configured. */
export interface Wire {
  host: string;
  guard: WireGuard;
}

/** A wire to `host`, where nothing is asked of what stays on this machine. */
export function wireTo(host: string, guard: Exclude<WireGuard, 'local'>): Wire {
  return { host, guard: isLoopback(host) ? 'local' : guard };
}

export function isUnsealed({ guard }: Wire): boolean {
  return guard === 'unverified' || guard === 'none';
}
