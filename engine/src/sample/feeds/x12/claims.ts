import { civil } from '../../calendar.ts';
import { drawFemaleName } from '../../names.ts';
import { dollars, type Charge } from '../../tables/charges.ts';
import { facilityList, type Facility, type Payer } from '../../tables/house.ts';
import type { World } from '../../world.ts';
import type { Person } from '../../people.ts';
import type { Address } from '../../places.ts';
import { patientOf, type FeedFile, type FeedTruth } from '../feed.ts';
import type { Billed } from './billed.ts';
import {
  capitals,
  date8,
  SegmentList,
  usual,
  writeInterchange,
  type TransactionText,
} from './interchange.ts';

const guides = { professional: '005010X222A1', institutional: '005010X223A2' } as const;
const kinds = { professional: '837P', institutional: '837I' } as const;

/** The claims of a block of patients: a transaction for each month in which they were billed. */
export function claimFile(
  world: World,
  kind: Billed['kind'],
  block: number,
  all: readonly Billed[],
  planted: boolean,
): FeedFile | undefined {
  const claims = all
    .filter((each) => each.kind === kind)
    .toSorted((one, other) => one.charge.billed - other.charge.billed);
  const last = claims.at(-1);
  if (last === undefined) return undefined;
  const path = `x12/${kind}-${String(block + 1).padStart(4, '0')}.837`;
  const months = [...Map.groupBy(claims, ({ charge }) => monthOf(charge.billed)).values()];
  const malformed = planted && kind === 'professional' ? months.length - 1 : -1;
  const transactions = months.map((month, at) => {
    const text = transactionOf(world, month, String(at + 1).padStart(4, '0'));
    return at === malformed ? withoutService(text) : text;
  });
  const truths = months.flatMap((month, at): FeedTruth[] => {
    if (at !== malformed) return inOrderOfSites(month).map((each) => truthOf(path, each));
    const tells = month.map(({ charge }) => ({ table: 'charges', key: String(charge.id) }));
    const key = transactions[at]?.control ?? '';
    const defect = { defect: 'claims-malformed', reason: 'x12-segment-missing' };
    return [{ file: path, key, kind: kinds[kind], outcome: 'refused', tells, ...defect }];
  });
  const bytes = writeInterchange(
    {
      by: usual,
      sender: 'RIVERSIDE',
      receiver: 'CLEARHOUSE',
      day: last.charge.billed,
      number: block * 2 + (kind === 'professional' ? 1 : 2),
      group: 'HC',
      set: '837',
      guide: guides[kind],
      lineEnd: '\n',
    },
    transactions,
  );
  return { path, bytes, truths };
}

function monthOf(day: number): number {
  const { year, month } = civil(day);
  return year * 12 + month;
}

function truthOf(file: string, { charge, kind }: Billed): FeedTruth {
  return {
    file,
    key: String(charge.id),
    kind: kinds[kind],
    outcome: 'arrives',
    patient: patientOf(charge.person),
    tells: [{ table: 'charges', key: String(charge.id) }],
    makes: { Claim: 1 },
  };
}

/** The segment of a service was lost: its line says nothing. */
function withoutService({ control, segments }: TransactionText): TransactionText {
  const at = segments.findIndex((segment) => segment.startsWith('SV1'));
  return { control, segments: segments.toSpliced(at, 1) };
}

function inOrderOfSites(claims: readonly Billed[]): Billed[] {
  return claims.toSorted((one, other) => one.charge.facility - other.charge.facility);
}

function transactionOf(world: World, claims: readonly Billed[], control: string): TransactionText {
  const list = new SegmentList(usual);
  const day = claims.at(-1)?.charge.billed ?? 0;
  list.add('BHT', '0019', '00', `B${control}`, date8(day), '0415', 'CH');
  list.add('NM1', '41', '2', 'RIVERSIDE BILLING OFFICE', '', '', '', '', '46', 'RIV001');
  list.add('PER', 'IC', 'BILLING OFFICE', 'TE', '3125550100');
  list.add('NM1', '40', '2', 'CLEARHOUSE', '', '', '', '', '46', 'CLR001');
  for (const [facility, own] of Map.groupBy(
    inOrderOfSites(claims),
    (each) => each.charge.facility,
  )) {
    const site = facilityList.find(({ id }) => id === facility) as Facility;
    const level = billingProvider(list, site);
    for (const claim of own) addClaim(list, world, claim, level);
  }
  return { control, segments: list.segments };
}

function billingProvider(list: SegmentList, { name, npi, city }: Facility): number {
  const level = list.level('20', undefined, true);
  list.add('PRV', 'BI', 'PXC', '282N00000X');
  list.add('NM1', '85', '2', capitals(name), '', '', '', '', 'XX', npi);
  list.add('N3', '100 RIVERSIDE PLAZA');
  list.add('N4', capitals(city), 'IL', '606010100');
  list.add('REF', 'EI', '361234567');
  return level;
}

const filing: Readonly<Record<Payer['kind'], string>> = { MCR: 'MB', MCD: 'MC', COM: 'CI' };

function addClaim(list: SegmentList, world: World, billed: Billed, above: number): void {
  const { charge, payer } = billed;
  const { person, coverage } = charge;
  const isSubscriber = coverage.relation === 'S';
  const level = list.level('22', above, !isSubscriber);
  const group = coverage.group ?? '';
  list.add('SBR', 'P', isSubscriber ? '18' : '', group, '', '', '', '', '', filing[payer.kind]);
  const given = isSubscriber
    ? person.given
    : drawFemaleName(world.draws('subscriber', coverage.id));
  const name = [capitals(person.family), capitals(given)];
  const middle = isSubscriber ? (person.middle ?? '') : '';
  list.add('NM1', 'IL', '1', ...name, middle, '', '', 'MI', coverage.member ?? '');
  if (isSubscriber) addPlace(list, person);
  list.add('NM1', 'PR', '2', capitals(payer.name), '', '', '', '', 'PI', String(payer.id));
  if (!isSubscriber) addPatient(list, person, coverage.relation, level);
  addHeader(list, billed);
  addClinician(list, world, billed);
  charge.lines.forEach((_, at) => addLine(list, billed, at));
}

function addPatient(
  list: SegmentList,
  person: Person,
  relation: Charge['coverage']['relation'],
  above: number,
): void {
  list.level('23', above, false);
  list.add('PAT', { S: '18', P: '01', C: '19', O: 'G8' }[relation]);
  const name = [capitals(person.family), capitals(person.given), person.middle ?? ''];
  list.add('NM1', 'QC', '1', ...name);
  addPlace(list, person);
}

function addPlace(list: SegmentList, { address, birth, sex }: Person): void {
  const { line1, line2, city, state, postalCode }: Address = address;
  list.add('N3', capitals(line1), line2 === null ? '' : capitals(line2));
  list.add('N4', capitals(city), state, postalCode.replace('-', ''));
  list.add('DMG', 'D8', date8(birth), sex === 'male' ? 'M' : sex === 'female' ? 'F' : 'U');
}

/** Where a visit of that class took place: CMS's places of service; the first digits of a bill type. */
const places = { O: '11', H: '12', T: '02', E: '13', I: '11' } as const;

function addHeader(list: SegmentList, { charge, kind }: Billed): void {
  const { visit, service, total, id } = charge;
  const professional = kind === 'professional';
  const place = [places[visit?.class ?? 'O'], professional ? 'B' : 'A', '1'];
  list.add(
    'CLM',
    String(id),
    dollars(total),
    '',
    '',
    [place],
    ...(professional ? ['Y'] : ['']),
    'A',
    'Y',
    'Y',
  );
  // Who bills has to name something, and it is this where nobody wrote it down.
  const diagnosis = (charge.diagnosis?.code ?? 'R69').replace('.', '');
  if (!professional) {
    const end = Math.max(service, visit?.end?.day ?? service);
    list.add('DTP', '434', 'RD8', `${date8(service)}-${date8(end)}`);
    if (visit?.class === 'I') list.add('DTP', '435', 'D8', date8(service));
    list.add('CL1', visit?.class === 'I' ? '3' : '1', '1', '01');
  }
  list.add('HI', [['ABK', diagnosis]]);
}

function addClinician(list: SegmentList, world: World, { charge, kind }: Billed): void {
  if (charge.visit === undefined) return;
  const { family, given, npi } = world.provider(charge.visit.providerId - firstProvider);
  const code = kind === 'professional' ? '82' : '71';
  list.add('NM1', code, '1', capitals(family), capitals(given), '', '', '', 'XX', npi);
}

const firstProvider = 1001;

function addLine(list: SegmentList, { charge, kind }: Billed, at: number): void {
  const { service, units } = charge.lines[at] as Charge['lines'][number];
  const amount = dollars(service.cents * units);
  const code = [['HC', service.code]];
  list.add('LX', String(at + 1));
  if (kind === 'professional') list.add('SV1', code, amount, 'UN', String(units), '', '', '1');
  else
    list.add(
      'SV2',
      charge.visit?.class === 'E' ? '0450' : '0510',
      code,
      amount,
      'UN',
      String(units),
    );
  list.add('DTP', '472', 'D8', date8(charge.service));
}
