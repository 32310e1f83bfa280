import type { Queries } from '../store/session.ts';
import type { KeptEvent } from './auditEvent.ts';

const pageSize = 5000;

/** An event with its number in the log, by which two copies of it are known as one. */
export interface PlacedEvent extends KeptEvent {
  event: string;
}

/**
 * Events of the log in the order in which they were recorded, a page at a time.
 * @param from the number of the event after which they begin.
 */
export async function* keptEvents(reader: Queries, from = '0'): AsyncGenerator<PlacedEvent[]> {
  let after = from;
  for (;;) {
    const { rows } = await reader.query<Row>(select, [after, pageSize]);
    if (rows.length === 0) return;
    after = (rows.at(-1) as Row).event;
    yield rows.map((row) => ({ ...keptOf(row), event: row.event }));
  }
}

/** Every event about one of these patients, in the order in which they were recorded. */
export async function eventsAbout(
  reader: Queries,
  patients: readonly string[],
): Promise<KeptEvent[]> {
  const { rows } = await reader.query<Row>(
    `select ${columns} from audit.event where patient = any($1::text[]) order by event`,
    [patients],
  );
  return rows.map(keptOf);
}

function keptOf({ event: _event, patient, ...row }: Row): KeptEvent {
  return { ...row, patient: patient ?? undefined };
}

interface Row extends Omit<KeptEvent, 'patient'> {
  event: string;
  patient: string | null;
}

const columns = `event,
  to_char(instant at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as instant,
  actor, action, resource_type as "resourceType", resource_ids as "resourceIds", patient, outcome`;

const select = `select ${columns} from audit.event where event > $1 order by event limit $2`;
