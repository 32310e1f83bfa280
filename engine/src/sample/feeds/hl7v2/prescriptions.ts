import { ucumOf } from '../../catalogue.ts';
import type { Medication } from '../../medicationHistory.ts';
import type { Person } from '../../people.ts';
import type { World } from '../../world.ts';
import { feedsFrom } from '../feed.ts';
import { coded, date, segment, type FeedMessage } from './message.ts';
import { clinician, patientSegment } from './people.ts';

/** The pharmacy: what the house ordered. What patients only report is no order and is not told. */
export function pharmacy(world: World, person: Person): FeedMessage[] {
  return world
    .medications(person)
    .filter(({ deleted, defect, status, start, drug }) => {
      const ordered = status === 'A' || status === 'S' || status === 'H';
      return !deleted && defect === undefined && ordered && drug !== null && start >= feedsFrom;
    })
    .map((medication) => told(world, person, medication));
}

function told(world: World, person: Person, medication: Medication): FeedMessage {
  const { id, drug, text, dose, unit, frequency, start, stop, instruction, route } = medication;
  const sent = { day: start, minute: 720 + (id % 240) };
  const by = medication.providerId === null ? undefined : clinician(world, medication.providerId);
  const timing = [
    undefined,
    frequency ?? undefined,
    undefined,
    date(start),
    stop === null ? undefined : date(stop),
  ];
  const order = segment('RXE', {
    1: timing,
    2: coded(drug?.local ?? '', text, [drug?.coding.code ?? '', 'RXNORM']),
    3: dose ?? undefined,
    5: unit === null ? undefined : [ucumOf[unit], unit, 'UCUM'],
    7: instruction === null ? undefined : [undefined, instruction],
  });
  return {
    sent,
    type: 'RDE',
    event: 'O01',
    person,
    segments: [
      patientSegment(world, person, sent.day),
      segment('ORC', { 1: 'NW', 2: [String(id), 'RIVERSIDE'], 12: by }),
      order,
      ...(route === null ? [] : [segment('RXR', { 1: [route, undefined, 'HL70162'] })]),
    ],
    makes: { Patient: 1, MedicationRequest: 1 },
    tells: [{ table: 'medications', key: String(id) }],
  };
}
