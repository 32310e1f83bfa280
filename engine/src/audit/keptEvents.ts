import type { Queries } from '../store/session.ts';
import type { KeptEvent } from './auditEvent.ts';
import { batchColumns, eventsOfBatch, type BatchRow } from './batches.ts';

const pageSize = 5000;

/**
 * An event with its number in the log, by which two copies of it are known as one. What a batch of a run
 * holds is told patient by patient, and each has the number of the batch and its own behind a full stop.
 */
export interface PlacedEvent extends KeptEvent {
  event: string;
}

/** Some of the log, in its order; `last` is set where all of the events up to that number are out with it. */
export interface EventPage {
  events: PlacedEvent[];
  last: string | undefined;
}

/**
 * Events of the log in the order in which they were recorded, a page at a time.
 * @param from the number of the event after which they begin.
 */
export async function* keptEvents(reader: Queries, from = '0'): AsyncGenerator<EventPage> {
  let after = from;
  for (;;) {
    const { rows } = await reader.query<Row>(select, [after, pageSize]);
    if (rows.length === 0) return;
    let events: PlacedEvent[] = [];
    for (const row of rows) {
      const event = { ...keptOf(row), event: row.event };
      if (!row.isBatch) events.push(event);
      else {
        for (const one of await batchEvents(reader, event)) {
          events.push(one);
          if (events.length < pageSize) continue;
          yield { events, last: undefined };
          events = [];
        }
      }
      after = row.event;
      if (events.length < pageSize) continue;
      yield { events, last: after };
      events = [];
    }
    yield { events, last: after };
  }
}

async function batchEvents(reader: Queries, event: PlacedEvent): Promise<Iterable<PlacedEvent>> {
  const { rows } = await reader.query<BatchRow>(
    `select ${batchColumns} from audit.batch where event = $1`,
    [event.event],
  );
  return rows.length === 0 ? [event] : numbered(eventsOfBatch(event, rows[0] as BatchRow));
}

function* numbered(events: Iterable<PlacedEvent>): Generator<PlacedEvent> {
  let number = 0;
  for (const one of events) yield { ...one, event: `${one.event}.${++number}` };
}

/**
 * Every event about one of these patients, in the order in which they were recorded.
 * @param tokens what stands for the patients in batches, 16 bytes each.
 */
export async function eventsAbout(
  reader: Queries,
  patients: readonly string[],
  tokens: readonly Buffer[],
): Promise<KeptEvent[]> {
  const { rows } = await reader.query<Row>(
    `select ${columns} from audit.event
      where patient = any($1::text[])
         or event in (select b.event from audit.batch b, unnest($2::bytea[]) as token
                       where position(token in b.patients) > 0)
      order by event`,
    [patients, tokens],
  );
  const wanted = new Set(tokens.map((token) => token.toString('hex')));
  const events: KeptEvent[] = [];
  for (const row of rows) {
    if (!row.isBatch) events.push(keptOf(row));
    else events.push(...(await batchEventsAbout(reader, row, wanted)));
  }
  return events;
}

/** A match that is not aligned to a token is none, and yields nothing. */
async function batchEventsAbout(
  reader: Queries,
  row: Row,
  wanted: ReadonlySet<string>,
): Promise<KeptEvent[]> {
  const { rows } = await reader.query<BatchRow>(
    `select ${batchColumns} from audit.batch where event = $1`,
    [row.event],
  );
  return rows.flatMap((batch) => [...eventsOfBatch(keptOf(row), batch, wanted)]);
}

function keptOf({ event: _event, isBatch: _isBatch, patient, ...row }: Row): KeptEvent {
  return { ...row, patient: patient ?? undefined };
}

interface Row extends Omit<KeptEvent, 'patient'> {
  event: string;
  patient: string | null;
  isBatch: boolean;
}

const columns = `event,
  exists (select from audit.batch b where b.event = event.event) as "isBatch",
  to_char(instant at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as instant,
  actor, action, resource_type as "resourceType", resource_ids as "resourceIds", patient, outcome`;

const select = `select ${columns} from audit.event where event > $1 order by event limit $2`;
