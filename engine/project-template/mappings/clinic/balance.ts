import type { MappingFunction } from '@handover/engine/mapping-function';

/**
 * What is open of an account by age: `Account.balance` of FHIR R5, as its extension for R4. A charge
 * that is paid beyond its amount is a credit of no age. `day` and the first days of the `ages` are
 * those of the plan's trial balance; `days` and `amounts` go together, one for each charge.
 */
export const byAge: MappingFunction<{
  day: string;
  ages: string;
  days?: string | readonly string[];
  amounts?: string | readonly string[];
}> = ({ day: balanceDay, ages, days = [], amounts = [] }) => {
  const firstDays = ages.split(' ').map(Number);
  const open = new Map<string, bigint>();
  const [each, written] = [[days].flat(), [amounts].flat()];
  if (each.length !== written.length) throw new Error('a charge has no day or no amount');
  for (const [at, day] of each.entries()) {
    const amount = cents(written[at] ?? '');
    const age = dayNumber(balanceDay) - dayNumber(day);
    const term =
      amount < 0n ? 'credit' : String(firstDays.findLast((first) => age >= first) ?? firstDays[0]);
    open.set(term, (open.get(term) ?? 0n) + amount);
  }
  const balances = [...open].filter(([, amount]) => amount !== 0n);
  if (balances.length === 0) return undefined;
  return balances.map(([term, amount]) => ({
    url: 'http://hl7.org/fhir/5.0/StructureDefinition/extension-Account.balance',
    extension: [
      {
        url: 'term',
        valueCodeableConcept: {
          coding: [{ system: 'http://riverside.example/fhir/CodeSystem/balance-term', code: term }],
        },
      },
      { url: 'amount', valueMoney: { value: dollars(amount), currency: 'USD' } },
    ],
  }));
};

/** Days since 1970 of `20260630` or `2026-06-30`. */
function dayNumber(text: string): number {
  const [, year, month, day] = (/^(\d{4})-?(\d\d)-?(\d\d)$/.exec(text) ?? []).map(Number);
  return Date.UTC(year ?? 0, (month ?? 1) - 1, day) / 86_400_000;
}

/** `-12.5` is -1250: money is counted, not measured. */
function cents(text: string): bigint {
  const match = /^(-?)(\d*)(?:\.(\d{1,2})0*)?$/.exec(text);
  if (match === null) throw new Error('an amount has parts of a cent');
  const amount = BigInt(`${match[2] ?? ''}${(match[3] ?? '').padEnd(2, '0')}`);
  return match[1] === '-' ? -amount : amount;
}

function dollars(amount: bigint): string {
  const text = String(amount < 0n ? -amount : amount).padStart(3, '0');
  return `${amount < 0n ? '-' : ''}${text.slice(0, -2)}.${text.slice(-2)}`;
}
