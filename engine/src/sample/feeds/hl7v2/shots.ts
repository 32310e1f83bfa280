import { standsFirm } from '../../chartItem.ts';
import { lastDay, type Person } from '../../people.ts';
import { civil } from '../../calendar.ts';
import { createImmunisations, type Immunisation } from '../../tables/immunisations.ts';
import type { World } from '../../world.ts';
import { feedsFrom } from '../feed.ts';
import { date, segment, type FeedMessage } from './message.ts';
import { clinician, patientSegment } from './people.ts';

/** The registry of vaccines is told of each shot, of those reported, and of those refused. */
export function shots(world: World, person: Person): FeedMessage[] {
  return createImmunisations(world, person)
    .filter((shot) => standsFirm(shot) && shot.status !== 'E' && shot.given >= feedsFrom)
    .map((shot) => told(world, shot));
}

function told(world: World, shot: Immunisation): FeedMessage {
  const { person, id, given, givenBy, site } = shot;
  const sent = { day: Math.min(lastDay, given + 1), minute: 1260 };
  const order = segment('ORC', { 1: 'RE', 3: [String(id), 'RIVERSIDE'] });
  const route = segment('RXR', {
    1: ['IM', 'Intramuscular', 'HL70162'],
    2: site === null ? undefined : [site === 'LD' ? 'LA' : 'RA', undefined, 'HL70163'],
  });
  return {
    sent,
    type: 'VXU',
    event: 'V04',
    person,
    segments: [
      patientSegment(world, person, sent.day),
      order,
      administered(shot, givenBy === null ? undefined : clinician(world, givenBy)),
      ...(shot.status === 'G' ? [route] : []),
    ],
    makes: { Patient: 1, Immunization: 1 },
    tells: [{ table: 'immunisations', key: String(id) }],
  };
}

function administered(shot: Immunisation, by: string[] | undefined) {
  const { vaccine, status, given, yearOnly, lot, expires, refusal } = shot;
  const when = yearOnly ? String(civil(given).year) : date(given);
  return segment('RXA', {
    1: '0',
    2: '1',
    3: when,
    4: when,
    5: [vaccine.code, vaccine.text, 'CVX'],
    6: '999',
    9: status === 'R' ? ['01', 'Historical information', 'NIP001'] : ['00', 'New', 'NIP001'],
    10: by,
    15: lot ?? undefined,
    16: expires === null ? undefined : date(expires),
    18: refusal === null ? undefined : refusals[refusal],
    20: status === 'N' ? 'RE' : 'CP',
    21: 'A',
  });
}

const refusals = {
  P: ['03', 'Patient decision', 'NIP002'],
  R: ['01', 'Religious exemption', 'NIP002'],
  M: ['02', 'Other', 'NIP002'],
} as const;
