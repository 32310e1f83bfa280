import { addMinutes, isoInstant, localTimestamp, type LocalMinute } from '../calendar.ts';
import { chartItems, chartTable, keyField, patientField, type ChartItem } from '../chartItem.ts';
import { between, chance, pick, repeats, weighted } from '../draw.ts';
import { lastDay, type Person } from '../people.ts';
import { providerId } from '../staff.ts';
import type { Table } from '../table.ts';
import type { World } from '../world.ts';

export interface Appointment extends ChartItem {
  providerId: number;
  start: LocalMinute;
  minutes: number;
  status: AppointmentStatus;
  reason: string | null;
}

/** Booked, arrived, fulfilled, cancelled, did not come, waiting list, entered in error. */
type AppointmentStatus = 'B' | 'A' | 'F' | 'X' | 'N' | 'W' | 'E';

const drawPast = weighted<AppointmentStatus>([
  ['F', 78],
  ['X', 11],
  ['N', 9],
  ['E', 2],
]);
const drawFuture = weighted<AppointmentStatus>([
  ['B', 88],
  ['W', 6],
  ['X', 6],
]);

const range = { table: 'appointments', first: 7_000_000, perPatient: 16 };

/** The book of appointments of the last year and the next months. */
export const appointments: Table = chartTable<Appointment>({
  name: 'appointments',
  note: 'Appointments, past and to come',
  type: 'Appointment',
  items: createAppointments,
  fields: [
    keyField('appt_id'),
    patientField,
    { name: 'prov_id', type: 'integer', of: (item) => item.providerId },
    {
      name: 'start_ts',
      type: 'timestamp',
      note: 'local time',
      of: ({ start }) => localTimestamp(start),
    },
    {
      name: 'end_ts',
      type: 'timestamp',
      of: ({ start, minutes }) => localTimestamp(addMinutes(start, minutes)),
    },
    { name: 'mins', type: 'integer', of: ({ minutes }) => minutes },
    {
      name: 'status_cd',
      type: 'varchar(2)',
      note: 'B booked A arrived F fulfilled X cancelled N no-show W waiting list E entered in error',
      of: ({ status }) => status,
    },
    { name: 'reason_txt', type: 'varchar(80)', of: ({ reason }) => reason },
  ],
  expect: ({ person, providerId: clinician, start, minutes, status, reason }) => ({
    'appointment-actor': [
      { table: 'pt_demog', key: String(person.id) },
      { table: 'providers', key: String(clinician) },
    ],
    'appointment-status': statusOf[status],
    'appointment-start': isoInstant(start),
    'appointment-end': isoInstant(addMinutes(start, minutes)),
    'appointment-minutes': String(minutes),
    'appointment-text': reason,
  }),
});

const reasons = ['follow-up', 'BP check', 'annual physical', 'flu shot', 'lab draw – fasting'];

export function createAppointments(world: World, person: Person): Appointment[] {
  const dead = person.death !== null;
  return chartItems(
    world,
    person,
    range,
    (random) => (dead ? 0 : repeats(random, 0.6, 14)),
    (random, base) => {
      const day = weekday(lastDay + between(random, -360, 150));
      const future = day > lastDay;
      return {
        ...base,
        providerId: providerId(random.integer(world.staff)),
        start: { day, minute: 480 + between(random, 0, 32) * 15 },
        minutes: pick(random, [15, 15, 20, 30, 45]),
        status: day === lastDay ? 'A' : future ? drawFuture(random) : drawPast(random),
        reason: chance(random, 0.7) ? pick(random, reasons) : null,
      };
    },
  );
}

/** The house is closed on Sundays (1970-01-01 was a Thursday). */
function weekday(day: number): number {
  return (day + 4) % 7 === 0 ? day + 1 : day;
}

const statusOf: Readonly<Record<AppointmentStatus, string>> = {
  B: 'booked',
  A: 'arrived',
  F: 'fulfilled',
  X: 'cancelled',
  N: 'noshow',
  W: 'waitlist',
  E: 'entered-in-error',
};
