import { timingSafeEqual } from 'node:crypto';
import type { Clock } from '../../base/clock.ts';
import { sha256 } from '../../base/digest.ts';
import type { Random } from '../../base/random.ts';

const idleMs = 30 * 60_000;
const absoluteMs = 8 * 3_600_000;
/** Wrong codes that are taken within {@link windowMs}; then none is until it has passed. */
const mostTries = 10;
const windowMs = 60_000;

interface Session {
  beganMs: number;
  seenMs: number;
}

/**
 * Sessions of the one person at this machine, who proves to be that by the sign-in code that the
 * terminal shows. They live in this process: whoever ends it ends them all.
 */
export class ConsoleSessions {
  readonly #codeDigest: Buffer;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #sessions = new Map<string, Session>();
  #triesMs: number[] = [];

  constructor(code: string, clock: Clock, random: Random) {
    this.#codeDigest = sha256(code);
    this.#clock = clock;
    this.#random = random;
  }

  /** A new session's secret; `wrong` code, or `later`: too many wrong ones just now. */
  signIn(code: string): { secret: string } | 'wrong' | 'later' {
    const nowMs = this.#clock.monotonicMs();
    this.#triesMs = this.#triesMs.filter((triedMs) => nowMs - triedMs < windowMs);
    if (this.#triesMs.length >= mostTries) return 'later';
    if (!timingSafeEqual(sha256(code), this.#codeDigest)) {
      this.#triesMs.push(nowMs);
      return 'wrong';
    }
    const secret = this.#random.bytes(32).toString('base64url');
    this.#sessions.set(keyOf(secret), { beganMs: nowMs, seenMs: nowMs });
    return { secret };
  }

  /** Whether the secret is that of a live session. A look by a person keeps it from going idle. */
  holds(secret: string | undefined, byPerson: boolean): boolean {
    if (secret === undefined) return false;
    const key = keyOf(secret);
    const session = this.#sessions.get(key);
    if (session === undefined) return false;
    const nowMs = this.#clock.monotonicMs();
    if (nowMs - session.seenMs > idleMs || nowMs - session.beganMs > absoluteMs) {
      this.#sessions.delete(key);
      return false;
    }
    if (byPerson) session.seenMs = nowMs;
    return true;
  }

  signOut(secret: string | undefined): void {
    if (secret !== undefined) this.#sessions.delete(keyOf(secret));
  }
}

/** Sessions are found by digest, so that the time a look-up takes tells nothing of a secret. */
function keyOf(secret: string): string {
  return sha256(secret).toString('hex');
}
