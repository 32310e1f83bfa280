import type { Clock } from '../../base/clock.ts';
import { HandoverError, exitCodes } from '../../base/errors.ts';
import type { Random } from '../../base/random.ts';
import { retryDelayMs, type RetryPolicy } from '../../base/retry.ts';
import type { Receipt, Stored, Target, Write } from '../../model/target.ts';

/** What became of one write for good. */
export type Delivery =
  { state: 'delivered'; version: number; digest: string } | { state: 'refused'; code: string };

export interface DeliverServices {
  target: Target;
  clock: Clock;
  random: Random;
  policy: RetryPolicy;
  /** Whether what the target holds means the same as what was to be written. */
  same(body: Buffer, stored: Stored): boolean;
}

/**
 * Write a batch effectively once: at-least-once delivery, idempotent keys, and asking the target
 * whenever the answer is not known. `asked` is true when an earlier attempt may have written: then
 * the target is asked before anything is sent.
 * @throws HandoverError `target-unavailable` (transient, exit 7) when the tries are used up; what was
 * delivered stays delivered and is found again by asking.
 */
export async function deliver(
  services: DeliverServices,
  writes: readonly Write[],
  asked: boolean,
  signal: AbortSignal,
): Promise<Delivery[]> {
  const outcome: (Delivery | undefined)[] = Array.from(writes, () => undefined);
  let pending = writes.map((_, at) => at);
  if (asked) pending = await ask(services, writes, pending, outcome, signal);
  for (let attempt = 1; pending.length > 0; attempt++) {
    const round = await send(services, writes, pending, outcome, signal);
    pending = [
      ...round.again,
      ...(await ask(services, writes, round.ambiguous, outcome, signal)),
    ].sort((left, right) => left - right);
    if (pending.length === 0) break;
    if (attempt >= services.policy.attempts) throw unavailable(pending.length);
    const delayMs = retryDelayMs(services.policy, attempt, services.random, round.askedMs);
    await services.clock.sleep(delayMs, signal);
  }
  return outcome as Delivery[];
}

interface Round {
  again: number[];
  ambiguous: number[];
  /** Longest wait that the target asked for. */
  askedMs: number;
}

async function send(
  { target }: DeliverServices,
  writes: readonly Write[],
  pending: readonly number[],
  outcome: (Delivery | undefined)[],
  signal: AbortSignal,
): Promise<Round> {
  const receipts = await target.write(
    pending.map((at) => writes[at] as Write),
    signal,
  );
  const round: Round = { again: [], ambiguous: [], askedMs: 0 };
  for (const [index, at] of pending.entries()) sort(receipts[index], at, outcome, round);
  return round;
}

function sort(
  receipt: Receipt | undefined,
  at: number,
  outcome: (Delivery | undefined)[],
  round: Round,
): void {
  switch (receipt?.state) {
    case 'delivered':
    case 'refused':
      outcome[at] = receipt;
      return;
    case 'transient':
      round.again.push(at);
      round.askedMs = Math.max(round.askedMs, receipt.retryAfterMs ?? 0);
      return;
    case 'ambiguous':
    case undefined:
      round.ambiguous.push(at);
  }
}

/** Ask the target about writes whose fate is unknown; returns those it does not hold. */
async function ask(
  { target, same }: DeliverServices,
  writes: readonly Write[],
  doubtful: readonly number[],
  outcome: (Delivery | undefined)[],
  signal: AbortSignal,
): Promise<number[]> {
  if (doubtful.length === 0) return [];
  const answers = await target.fetch(
    doubtful.map((at) => writes[at] as Write),
    'body',
    signal,
  );
  const absent: number[] = [];
  for (const [index, at] of doubtful.entries()) {
    const stored = answers[index];
    const write = writes[at] as Write;
    if (stored?.state === 'present' && write.kind === 'put' && same(write.body, stored)) {
      const { version, digest } = stored;
      outcome[at] = { state: 'delivered', version, digest };
    } else {
      absent.push(at);
    }
  }
  return absent;
}

function unavailable(count: number): HandoverError {
  return new HandoverError(
    'target-unavailable',
    `The target did not take ${count} writes after repeated tries; what it took is in place.`,
    {
      failure: 'transient',
      exitCode: exitCodes.unavailable,
      next: 'Check the target, then run `handover resume`.',
    },
  );
}
