import { standsFirm } from '../../chartItem.ts';
import { lastDay } from '../../people.ts';
import type { Person } from '../../people.ts';
import type { Payer } from '../../tables/house.ts';
import { createCoverages, type Coverage } from '../../tables/insurance.ts';
import type { World } from '../../world.ts';
import { patientOf, personsOfBlock, type FeedFile, type FeedTruth } from '../feed.ts';
import { patientsPerInterchange } from './billed.ts';
import {
  capitals,
  date8,
  SegmentList,
  usual,
  writeInterchange,
  type TransactionText,
} from './interchange.ts';

/** Whom insurers cover, of a block of patients: a transaction for each insurer, all of its members. */
export function enrollmentFile(
  world: World,
  block: number,
  planted: boolean,
): FeedFile | undefined {
  const rosters = rostersOf(world, block);
  if (rosters.length === 0) return undefined;
  const path = `x12/enrollments-${String(block + 1).padStart(4, '0')}.834`;
  const nameless = planted ? rosters.length - 1 : -1;
  const transactions = rosters.map((roster, at) => {
    const text = transactionOf(roster, String(at + 1).padStart(4, '0'));
    return at === nameless ? withoutName(text) : text;
  });
  const truths = rosters.flatMap((roster, at) => {
    const control = transactions[at]?.control ?? '';
    return at === nameless ? [refusedOf(path, control, roster)] : arrivingOf(path, roster);
  });
  const bytes = writeInterchange(
    {
      by: usual,
      sender: 'CLEARHOUSE',
      receiver: 'RIVERSIDE',
      day: lastDay,
      number: block + 1,
      group: 'BE',
      set: '834',
      guide: '005010X220A1',
      lineEnd: '\n',
    },
    transactions,
  );
  return { path, bytes, truths };
}

interface Roster {
  payer: Payer;
  members: readonly Coverage[];
}

function rostersOf(world: World, block: number): Roster[] {
  const persons = [...personsOfBlock(world, block, patientsPerInterchange)];
  const covered = persons.flatMap((person) => createCoverages(world, person).filter(standsFirm));
  const byPayer = Map.groupBy(covered, ({ payer }) => payer);
  return [...byPayer].flatMap(([payer, members]) => (payer === null ? [] : [{ payer, members }]));
}

function arrivingOf(file: string, { members }: Roster): FeedTruth[] {
  return members.map((coverage) => ({
    file,
    key: coverage.member ?? '',
    kind: '834',
    outcome: 'arrives',
    patient: patientOf(coverage.person),
    tells: [rowOf(coverage)],
    makes: { Coverage: 1 },
  }));
}

function refusedOf(file: string, key: string, { members }: Roster): FeedTruth {
  const defect = { defect: 'member-without-name', reason: 'x12-loop-missing' };
  return { file, key, kind: '834', outcome: 'refused', tells: members.map(rowOf), ...defect };
}

const rowOf = ({ id }: Coverage): { table: string; key: string } => ({
  table: 'insurance',
  key: String(id),
});

/** Of one member nothing is left that says who it is. */
function withoutName({ control, segments }: TransactionText): TransactionText {
  const at = segments.findLastIndex((segment) => segment.startsWith('NM1'));
  const end = segments.findIndex((segment, after) => after > at && segment.startsWith('HD'));
  return { control, segments: segments.toSpliced(at, end - at) };
}

function transactionOf({ payer, members }: Roster, control: string): TransactionText {
  const list = new SegmentList(usual);
  // BGN08 4: all members as they stand, not what changed.
  list.add('BGN', '00', `E${control}`, date8(lastDay), '0415', '', '', '', '4');
  list.add('N1', 'P5', 'RIVERSIDE PLAN SPONSORS', 'FI', '361234567');
  list.add('N1', 'IN', capitals(payer.name), 'XV', String(payer.id));
  for (const member of members) addMember(list, member);
  return { control, segments: list.segments };
}

/** INS02, individual relationship: self, spouse, child, other relative. */
const relations = { S: '18', P: '01', C: '19', O: 'G8' } as const;

function addMember(list: SegmentList, coverage: Coverage): void {
  const { person, relation, status, member, group, from, until } = coverage;
  const maintenance = status === 'X' ? '024' : '030';
  const isSelf = relation === 'S';
  list.add('INS', isSelf ? 'Y' : 'N', relations[relation], maintenance, 'XN', 'A');
  list.add('REF', '0F', member ?? '');
  if (group !== null) list.add('REF', '1L', group);
  addPerson(list, person);
  list.add('HD', maintenance, '', 'HLT', '', 'IND');
  list.add('DTP', '348', 'D8', date8(from));
  if (until !== null) list.add('DTP', '349', 'D8', date8(until));
}

function addPerson(
  list: SegmentList,
  { family, given, middle, address, birth, sex }: Person,
): void {
  const { line1, line2, city, state, postalCode } = address;
  list.add('NM1', 'IL', '1', capitals(family), capitals(given), middle ?? '');
  list.add('N3', capitals(line1), line2 === null ? '' : capitals(line2));
  list.add('N4', capitals(city), state, postalCode.replace('-', ''));
  list.add('DMG', 'D8', date8(birth), sex === 'male' ? 'M' : sex === 'female' ? 'F' : 'U');
}
