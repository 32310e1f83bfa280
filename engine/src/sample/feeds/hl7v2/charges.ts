import { standsFirm } from '../../chartItem.ts';
import type { Person } from '../../people.ts';
import { createCharges, dollars, type Charge } from '../../tables/charges.ts';
import type { World } from '../../world.ts';
import { date, minute, segment, type FeedMessage } from './message.ts';
import { clinician, patientSegment } from './people.ts';

/** Charges as departments post them to billing: a transaction for each line. */
export function charging(world: World, person: Person): FeedMessage[] {
  return createCharges(world, person)
    .filter((charge) => standsFirm(charge) && charge.status === 'O')
    .map((charge) => told(world, charge));
}

function told(world: World, charge: Charge): FeedMessage {
  const { person, visit, service, billed, lines, id, diagnosis } = charge;
  const sent = { day: billed, minute: 1380 };
  const by = visit === undefined ? undefined : clinician(world, visit.providerId);
  const place = visit === undefined ? [] : [String(visit.id), '', '', 'RIVERSIDE', 'VN'];
  const transactions = lines.map(({ service: { code, text, cents }, units }, at) =>
    segment('FT1', {
      1: String(at + 1),
      2: `${id}-${at + 1}`,
      4: date(service),
      5: date(billed),
      6: 'CG',
      7: [code, text, 'C4'],
      10: String(units),
      11: [dollars(cents * units), 'USD'],
      12: [dollars(cents), 'USD'],
      13: [`FAC${charge.facility}`],
      19: diagnosis === null ? undefined : [diagnosis.code, undefined, 'I10'],
      20: by,
      25: [code, text, 'C4'],
    }),
  );
  return {
    sent,
    type: 'DFT',
    event: 'P03',
    person,
    segments: [
      segment('EVN', { 2: minute(sent) }),
      patientSegment(world, person, billed),
      ...(visit === undefined ? [] : [segment('PV1', { 1: '1', 2: 'O', 19: place })]),
      ...transactions,
    ],
    makes: { Patient: 1, ...(visit && { Encounter: 1 }), ChargeItem: lines.length },
    tells: [{ table: 'charges', key: String(id) }],
  };
}
