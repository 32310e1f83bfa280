import type { Queries } from '../store/session.ts';
import type { KeptEvent } from './auditEvent.ts';

const pageSize = 5000;

/** Events of the log in the order in which they were recorded, a page at a time. */
export async function* keptEvents(reader: Queries): AsyncGenerator<KeptEvent[]> {
  let after = '0';
  for (;;) {
    const { rows } = await reader.query<Row>(select, [after, pageSize]);
    if (rows.length === 0) return;
    after = (rows.at(-1) as Row).event;
    yield rows.map(({ event: _event, patient, ...row }) => ({
      ...row,
      patient: patient ?? undefined,
    }));
  }
}

interface Row extends Omit<KeptEvent, 'patient'> {
  event: string;
  patient: string | null;
}

const select = `
  select event, to_char(instant at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as instant,
         actor, action, resource_type as "resourceType", resource_ids as "resourceIds", patient, outcome
    from audit.event where event > $1 order by event limit $2`;
