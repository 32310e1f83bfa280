import type { Clock } from '../base/clock.ts';
import { HandoverError } from '../base/errors.ts';
import type { Random } from '../base/random.ts';
import { retryDelayMs, type RetryPolicy } from '../base/retry.ts';
import type { Database } from '../store/database.ts';
import { keptEvents, type PlacedEvent } from './keptEvents.ts';

export interface ForwardServices {
  database: Database;
  clock: Clock;
  random: Random;
  /** The collector, as the log remembers it: another one gets the log from its beginning. */
  destination: string;
  /** Hand a page over; resolves when the collector has taken all of it. */
  send: (events: readonly PlacedEvent[]) => Promise<void>;
  policy: RetryPolicy;
}

/** How far a collector is: what it has taken, and what waits for it. */
export interface Forwarded {
  sent: number;
  /** Number of the last event that it has; 0: none. */
  position: string;
  waiting: number;
}

/**
 * Send what a collector has not taken yet, a page at a time, in the order of the log. The position moves when
 * the collector has all of an event, so what is stopped anywhere is sent again and never left out; an event has
 * the same number each time.
 * @throws HandoverError what `send` threw, when the tries are used up.
 */
export async function forwardEvents(
  services: ForwardServices,
  signal: AbortSignal,
  told: (sent: number) => void = () => undefined,
): Promise<Forwarded> {
  const { database, destination } = services;
  let position = await positionOf(database, destination);
  let sent = 0;
  for await (const { events, last } of keptEvents(database, position)) {
    if (signal.aborted) break;
    if (events.length > 0) await steadily(services, events, signal);
    sent += events.length;
    if (last === undefined) continue;
    position = last;
    await database.transaction((transaction) =>
      transaction.query(
        `insert into audit.forwarded (destination, event) values ($1, $2)
         on conflict (destination) do update set event = greatest(audit.forwarded.event, $2), at = now()`,
        [destination, position],
      ),
    );
    told(sent);
  }
  return { sent, position, waiting: await waitingAfter(database, position) };
}

async function steadily(
  { send, policy, random, clock }: ForwardServices,
  page: readonly PlacedEvent[],
  signal: AbortSignal,
): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await send(page);
      return;
    } catch (error) {
      const isFinal = !(error instanceof HandoverError) || error.failure === 'permanent';
      if (isFinal || attempt >= policy.attempts) throw error;
      await clock.sleep(retryDelayMs(policy, attempt, random), signal);
    }
  }
}

async function positionOf(database: Database, destination: string): Promise<string> {
  const { rows } = await database.query<{ event: string }>(
    'select event from audit.forwarded where destination = $1',
    [destination],
  );
  return rows[0]?.event ?? '0';
}

async function waitingAfter(database: Database, position: string): Promise<number> {
  const { rows } = await database.query<{ waiting: number }>(
    'select count(*)::int as waiting from audit.event where event > $1',
    [position],
  );
  return rows[0]?.waiting ?? 0;
}
