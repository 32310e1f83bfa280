import { dollars, type Charge } from '../../tables/charges.ts';
import type { Payer } from '../../tables/house.ts';
import { patientOf, type FeedFile, type FeedTruth } from '../feed.ts';
import type { Paid } from './billed.ts';
import {
  capitals,
  date8,
  SegmentList,
  usual,
  writeInterchange,
  type TransactionText,
} from './interchange.ts';

/** Insurers pay once a week; the office books it in the days after. */
const weekOf = (day: number): number => day - ((day + 3) % 7);

/** Payers part components in their own way, and write everything in one line. */
const by = { ...usual, component: '>' };

/** What insurers paid for the claims of a block of patients: a transaction for each week of each. */
export function remittanceFile(
  block: number,
  all: readonly Paid[],
  planted: boolean,
): FeedFile | undefined {
  const paid = all.toSorted((one, other) => one.day - other.day);
  const last = paid.at(-1);
  if (last === undefined) return undefined;
  const path = `x12/remittances-${String(block + 1).padStart(4, '0')}.835`;
  const weeks = [...Map.groupBy(paid, ({ payer, day }) => `${weekOf(day)} ${payer.id}`).values()];
  const unbalanced = planted ? Math.floor(weeks.length / 2) : -1;
  const transactions = weeks.map((week, at) =>
    transactionOf(week, String(at + 1).padStart(4, '0'), at === unbalanced ? 10 : 0),
  );
  const truths = weeks.flatMap((week, at) => truthsOf(path, week, at === unbalanced));
  const bytes = writeInterchange(
    {
      by,
      sender: 'CLEARHOUSE',
      receiver: 'RIVERSIDE',
      day: last.day,
      number: block + 1,
      group: 'HP',
      set: '835',
      guide: '005010X221A1',
      lineEnd: '',
    },
    transactions,
  );
  return { path, bytes, truths };
}

/** A claim's payment, or one taken back: a reversal is the same with its signs turned. */
interface Told {
  paid: Paid;
  sign: 1 | -1;
}

function toldOf(week: readonly Paid[]): Told[] {
  return week.flatMap((paid): Told[] =>
    paid.isVoid
      ? [
          { paid, sign: 1 },
          { paid, sign: -1 },
        ]
      : [{ paid, sign: 1 }],
  );
}

function truthsOf(file: string, week: readonly Paid[], refused: boolean): FeedTruth[] {
  const kind = '835';
  const told = toldOf(week);
  const tells = told.map(({ paid }) => ({ table: 'payments', key: String(paid.paymentId) }));
  const key = traceOf(week);
  if (refused) {
    const defect = { defect: 'remittance-unbalanced', reason: 'x12-payment-unbalanced' };
    return [{ file, key, kind, outcome: 'refused', tells, ...defect }];
  }
  const claims = told.map(({ paid }, at): FeedTruth => ({
    file,
    key: `${key} ${at + 1}`,
    kind,
    outcome: 'arrives',
    patient: patientOf(paid.charge.person),
    tells: [tells[at] as { table: string; key: string }],
    makes: { ExplanationOfBenefit: 1 },
  }));
  const whole = { file, key, kind, outcome: 'arrives', tells, makes: { PaymentReconciliation: 1 } };
  return [...claims, whole as FeedTruth];
}

/** The number of the transfer: TRN02. */
function traceOf(week: readonly Paid[]): string {
  const [first] = week;
  return `T${first?.payer.id}${first === undefined ? '' : date8(weekOf(first.day))}`;
}

function transactionOf(week: readonly Paid[], control: string, off: number): TransactionText {
  const list = new SegmentList(by);
  const [{ payer, day }] = week as [Paid];
  const total = week.reduce((sum, { paid, isVoid }) => sum + (isVoid ? 0 : paid), 0);
  const transfer = date8(weekOf(day));
  const originator = `1${String(payer.id).padStart(9, '0')}`;
  if (total === 0 && off === 0) list.add('BPR', 'H', '0', 'C', 'NON', ...blanks(11), transfer);
  else {
    const account = ['01', '071000013', 'DA', '0440011'];
    const to = ['01', '071000039', 'DA', '7780022'];
    const amount = plain(total + off);
    list.add('BPR', 'I', amount, 'C', 'ACH', 'CCP', ...account, originator, '', ...to, transfer);
  }
  list.add('TRN', '1', traceOf(week), originator);
  list.add('DTM', '405', transfer);
  addParties(list, payer);
  list.add('LX', '1');
  for (const told of toldOf(week)) addClaim(list, told);
  return { control, segments: list.segments };
}

const blanks = (count: number): string[] => Array.from({ length: count }, () => '');

function addParties(list: SegmentList, { name, id, phone }: Payer): void {
  list.add('N1', 'PR', capitals(name), 'XV', String(id));
  list.add('N3', '1 PAYER SQUARE');
  list.add('N4', 'CHICAGO', 'IL', '606060001');
  list.add('PER', 'BL', 'PROVIDER RELATIONS', 'TE', phone.replaceAll(/\D/g, '').slice(-10));
  list.add('N1', 'PE', 'RIVERSIDE MAIN', 'XX', '2900000014');
  list.add('REF', 'TJ', '361234567');
}

const filing: Readonly<Record<Payer['kind'], string>> = { MCR: 'MB', MCD: 'MC', COM: '12' };

function addClaim(list: SegmentList, { paid, sign }: Told): void {
  const { charge, payer, allowed, paymentId, kind } = paid;
  const { person, coverage } = charge;
  const shares = sharesOf(paid);
  const amounts = [charge.total, paid.paid, allowed - paid.paid].map((cents) =>
    plain(cents * sign),
  );
  const control = [
    filing[payer.kind],
    `ICN${paymentId}`,
    kind === 'professional' ? '11' : '13',
    '1',
  ];
  list.add('CLP', String(charge.id), sign < 0 ? '22' : '1', ...amounts, ...control);
  const name = [capitals(person.family), capitals(person.given), person.middle ?? ''];
  list.add('NM1', 'QC', '1', ...name, '', '', 'MI', coverage.member ?? '');
  charge.lines.forEach(({ service, units }, at) => {
    const share = shares[at] as Share;
    const { billed } = share;
    const [cost, money] = [plain(billed * sign), plain(share.paid * sign)];
    list.add('SVC', [['HC', service.code]], cost, money, '', String(units));
    list.add('DTM', '472', date8(charge.service));
    if (billed !== share.allowed)
      list.add('CAS', 'CO', '45', plain((billed - share.allowed) * sign));
    if (share.allowed !== share.paid) {
      list.add('CAS', 'PR', '2', plain((share.allowed - share.paid) * sign));
    }
    list.add('AMT', 'B6', plain(share.allowed * sign));
  });
}

interface Share {
  billed: number;
  allowed: number;
  paid: number;
}

/** What falls on each line; the last one takes what rounding left. */
function sharesOf({ charge, allowed, paid }: Paid): Share[] {
  const lines: Charge['lines'] = charge.lines;
  let left = { allowed, paid };
  return lines.map(({ service, units }, at) => {
    const billed = service.cents * units;
    const last = at === lines.length - 1;
    const part = (whole: number): number => Math.round((whole * billed) / charge.total);
    const own = last ? left : { allowed: part(allowed), paid: part(paid) };
    left = { allowed: left.allowed - own.allowed, paid: left.paid - own.paid };
    return { billed, ...own };
  });
}

/** Cents as X12 asks for a number: no noughts behind that say nothing. */
function plain(cents: number): string {
  return dollars(cents).replace(/\.?0+$/, (end) =>
    end.startsWith('.') ? '' : end.replace(/0+$/, ''),
  );
}
