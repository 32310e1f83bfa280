import { standsFirm } from '../../chartItem.ts';
import { between } from '../../draw.ts';
import { lastDay, type Person } from '../../people.ts';
import { createAppointments, type Appointment } from '../../tables/appointments.ts';
import type { World } from '../../world.ts';
import { later, minute, segment, type FeedMessage } from './message.ts';
import { clinician, patientSegment } from './people.ts';

/** Scheduling: booked, and what became of it if it did not take place. */
export function scheduling(world: World, person: Person): FeedMessage[] {
  return createAppointments(world, person)
    .filter((appointment) => standsFirm(appointment) && appointment.status !== 'E')
    .flatMap((appointment) => {
      const random = world.draws('booking', appointment.id);
      const { start, status } = appointment;
      const booked = Math.min(lastDay, start.day) - between(random, 1, 60);
      const messages = [
        told(world, appointment, 'S12', { day: booked, minute: between(random, 480, 1020) }),
      ];
      // What is to come was called off before the hospital was left, if it was.
      const calledOff = { day: Math.min(start.day, lastDay) - 1, minute: 1030 };
      if (status === 'X') messages.push(told(world, appointment, 'S15', calledOff));
      if (status === 'N') messages.push(told(world, appointment, 'S26', later(start, 40)));
      return messages;
    });
}

const statuses = { S12: 'Booked', S15: 'Cancelled', S26: 'Noshow' } as const;

function told(
  world: World,
  { id, person, providerId, start, minutes, reason }: Appointment,
  event: keyof typeof statuses,
  sent: FeedMessage['sent'],
): FeedMessage {
  const when = [undefined, undefined, undefined, minute(start), minute(later(start, minutes))];
  const schedule = segment('SCH', {
    1: [String(id), 'RIVERSIDE'],
    2: [String(id), 'BOOKS'],
    6: event === 'S12' ? 'BOOKED' : 'CHANGED',
    7: reason === null ? undefined : [undefined, reason],
    9: String(minutes),
    10: 'MIN',
    11: when,
    25: statuses[event],
  });
  return {
    sent,
    type: 'SIU',
    event,
    person,
    segments: [
      schedule,
      patientSegment(world, person, sent.day),
      segment('RGS', { 1: '1' }),
      segment('AIP', { 1: '1', 3: clinician(world, providerId), 6: minute(start) }),
    ],
    makes: { Patient: 1, Appointment: 1 },
    tells: [{ table: 'appointments', key: String(id) }],
  };
}
