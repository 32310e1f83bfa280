import { capitals, date8, SegmentList, usual, writeInterchange } from '../feeds/x12/interchange.ts';
import { lastDay } from '../people.ts';
import type { Entry } from './entries.ts';

/** An archive of professional claims (X12 837P): one claim for each account. */
export function claimsText(billed: readonly Entry[]): Buffer {
  const list = new SegmentList(usual);
  list.add('BHT', '0019', '00', 'B0001', date8(lastDay), '0415', 'CH');
  list.add('NM1', '41', '2', 'REGION BILLING OFFICE', '', '', '', '', '46', 'REG001');
  list.add('PER', 'IC', 'BILLING OFFICE', 'TE', '3125550100');
  list.add('NM1', '40', '2', 'CLEARHOUSE', '', '', '', '', '46', 'CLR001');
  const level = list.level('20', undefined, true);
  list.add('NM1', '85', '2', 'REGION PHYSICIANS', '', '', '', '', 'XX', '1234567893');
  list.add('N3', '100 RIVERSIDE PLAZA');
  list.add('N4', 'CHICAGO', 'IL', '606010100');
  list.add('REF', 'EI', '361234567');
  for (const entry of billed) addClaim(list, entry, level);
  return writeInterchange(
    {
      by: usual,
      sender: 'REGION',
      receiver: 'CLEARHOUSE',
      day: lastDay,
      number: 1,
      group: 'HC',
      set: '837',
      guide: '005010X222A1',
      lineEnd: '\n',
    },
    [{ control: '0001', segments: list.segments }],
  );
}

function addClaim(list: SegmentList, { key, known, resident }: Entry, above: number): void {
  const { address, birth, sex } = known;
  list.level('22', above, false);
  list.add('SBR', 'P', '18', '', '', '', '', '', '', 'CI');
  const name = [capitals(known.family), capitals(known.given), known.middle ?? '', ''];
  const suffix = known.suffix?.toUpperCase() ?? '';
  list.add('NM1', 'IL', '1', ...name, suffix, 'MI', resident.member);
  list.add('N3', capitals(address.line1));
  list.add('N4', capitals(address.city), address.state, address.postalCode.replace('-', ''));
  list.add('DMG', 'D8', date8(birth), sex === 'male' ? 'M' : sex === 'female' ? 'F' : 'U');
  if (known.ssn !== null) list.add('REF', 'SY', known.ssn.replaceAll('-', ''));
  list.add('NM1', 'PR', '2', 'PRAIRIE HEALTH', '', '', '', '', 'PI', '60054');
  list.add('CLM', key, '120', '', '', [['11', 'B', '1']], 'Y', 'A', 'Y', 'Y');
  list.add('HI', [['ABK', 'R69']]);
  list.add('LX', '1');
  list.add('SV1', [['HC', '99213']], '120', 'UN', '1', '', '', '1');
  list.add('DTP', '472', 'D8', date8(lastDay - (Number(key) % 700)));
}
