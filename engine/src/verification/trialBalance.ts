/** How many digits after the point amounts are added up with. */
const digits = 4;

/** An exact amount in ten-thousandths; undefined when the text is none, or is finer than that. */
export function parseAmount(text: string): bigint | undefined {
  const match = /^([+-]?)(\d*)(?:\.(\d{1,4}))?$/.exec(text.trim());
  if (match === null || (match[2] === '' && match[3] === undefined)) return undefined;
  const amount = BigInt(`${match[2] ?? ''}${(match[3] ?? '').padEnd(digits, '0')}`);
  return match[1] === '-' ? -amount : amount;
}

/** `-12.50`: at least two digits after the point. */
export function formatAmount(amount: bigint): string {
  const text = String(amount < 0n ? -amount : amount).padStart(digits + 1, '0');
  const fraction = text.slice(-digits).replace(/0{1,2}$/, '');
  return `${amount < 0n ? '-' : ''}${text.slice(0, -digits)}.${fraction}`;
}

export const balanceGroups = ['total', 'facility', 'class', 'payer', 'guarantor'] as const;
export type BalanceGroup = (typeof balanceGroups)[number];

/** One charge as either side tells of it. */
export interface OpenCharge {
  id: string;
  amount: bigint;
  /** ISO 8601 day from which its age counts. */
  day: string;
  members: Readonly<Record<Exclude<BalanceGroup, 'total'>, string>>;
}

/** A payment or an adjustment; without a charge it is cash that is not applied. */
export interface Settlement {
  charge: string | undefined;
  amount: bigint;
  badDebt: boolean;
}

/** What is open of an account as it was brought forward: by first day of its age, or `credit`. */
export interface OpeningBalance {
  column: string;
  amount: bigint;
  members: OpenCharge['members'];
}

/** Columns beside the ages, which are called by their first day. */
export const balanceColumns = { credit: 'credit', unapplied: 'unapplied', badDebt: 'bad debt' };

/** Amounts by group, member and column, joined by tabs. */
export type BalanceFigures = Map<string, bigint>;

/**
 * The aged trial balance at the end of a day: of every group and member what is open by age of the
 * charge, and credits apart; of the whole also cash that is not applied and what was written off as
 * bad debt. Balances that were brought forward count as they came. Memory grows with the number of charges.
 */
export function ageBalances(
  charges: Iterable<OpenCharge>,
  settlements: Iterable<Settlement>,
  asOf: { day: string; ages: readonly number[] },
  opening: Iterable<OpeningBalance> = [],
): BalanceFigures {
  const figures: BalanceFigures = new Map();
  const add = (group: BalanceGroup, member: string, column: string, amount: bigint): void => {
    const key = figureKey(group, member, column);
    figures.set(key, (figures.get(key) ?? 0n) + amount);
  };
  const addOpen = ({ column, amount, members }: OpeningBalance): void => {
    add('total', '', column, amount);
    for (const group of ['facility', 'class', 'payer', 'guarantor'] as const) {
      add(group, members[group], column, amount);
    }
  };
  const known = new Map<string, OpenCharge>();
  const open = new Map<string, bigint>();
  for (const charge of charges) {
    known.set(charge.id, charge);
    open.set(charge.id, charge.amount);
  }
  for (const { charge, amount, badDebt } of settlements) {
    if (badDebt) add('total', '', balanceColumns.badDebt, amount);
    if (charge === undefined) add('total', '', balanceColumns.unapplied, amount);
    else open.set(charge, (open.get(charge) ?? 0n) - amount);
  }
  for (const [id, amount] of open) {
    const charge = known.get(id);
    if (charge === undefined || amount === 0n) continue;
    const column = amount < 0n ? balanceColumns.credit : ageColumn(charge.day, asOf);
    addOpen({ column, amount, members: charge.members });
  }
  for (const balance of opening) if (balance.amount !== 0n) addOpen(balance);
  return figures;
}

export function figureKey(group: string, member: string, column: string): string {
  return `${group}\t${member}\t${column}`;
}

function ageColumn(day: string, { day: asOf, ages }: { day: string; ages: readonly number[] }) {
  const age = Math.round((Date.parse(asOf) - Date.parse(day)) / 86_400_000);
  return String(ages.findLast((first) => age >= first) ?? ages[0] ?? 0);
}

/** One line of the comparison: what the old system's records say beside what the target does. */
export interface BalanceLine {
  group: BalanceGroup;
  member: string;
  column: string;
  /** Of all records that were read. */
  legacy: bigint;
  /** Of the records that the plan leaves behind. */
  stays: bigint;
  /** Of the others those that are held for review, which the target cannot have. */
  held: bigint;
  target: bigint;
  /** As the old system printed it, where it did. */
  printed: bigint | undefined;
}

/** Lines in order; those of guarantors stand for people, and are one by one in the result too. */
export function compareBalances(sides: {
  legacy: BalanceFigures;
  /** Of what the plan moves. */
  within: BalanceFigures;
  /** Of what it moves and is not held. */
  moved: BalanceFigures;
  target: BalanceFigures;
  printed: BalanceFigures | undefined;
}): BalanceLine[] {
  const { legacy, within, moved, target, printed } = sides;
  const all = [...legacy, ...within, ...moved, ...target, ...(printed ?? [])];
  const keys = new Set(all.map(([key]) => key));
  return [...keys].toSorted(byPlace).map((key) => {
    const [group = '', member = '', column = ''] = key.split('\t');
    const amounts = [legacy, within, moved, target].map((side) => side.get(key) ?? 0n);
    const [whole = 0n, inside = 0n, went = 0n, there = 0n] = amounts;
    return {
      group: group as BalanceGroup,
      member,
      column,
      legacy: whole,
      stays: whole - inside,
      held: inside - went,
      target: there,
      printed: printed && (printed.get(key) ?? 0n),
    };
  });
}

function byPlace(one: string, other: string): number {
  const [first, second] = [one, other].map((key) => {
    const [group = '', member = '', column = ''] = key.split('\t');
    const at = balanceGroups.indexOf(group as BalanceGroup);
    const age = /^\d+$/.test(column) ? column.padStart(6, '0') : `x${column}`;
    return `${at} ${member} ${age}`;
  }) as [string, string];
  return first < second ? -1 : 1;
}

/** What moved and what is there are the same, to the last digit. */
export function lineTies({
  legacy,
  stays,
  held,
  target,
}: Pick<BalanceLine, 'legacy' | 'stays' | 'held' | 'target'>): boolean {
  return legacy - stays - held === target;
}
