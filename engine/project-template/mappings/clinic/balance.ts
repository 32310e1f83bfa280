import type { MappingFunction } from '@handover/engine/mapping-function';

/** First days of the ages of the trial balance, as `trialBalance.ages` of the plan has them. */
const ages = [0, 31, 61, 91, 121];

/**
 * What is open of an account by age: `Account.balance` of FHIR R5, as its extension for R4. A charge
 * that is paid beyond its amount is a credit of no age. `days` and `amounts` go together, one for
 * each charge.
 */
export const byAge: MappingFunction<{
  asOf: string;
  days?: string | readonly string[];
  amounts?: string | readonly string[];
}> = ({ asOf, days = [], amounts = [] }) => {
  const open = new Map<string, bigint>();
  const [each, written] = [[days].flat(), [amounts].flat()];
  if (each.length !== written.length) throw new Error('a charge has no day or no amount');
  for (const [at, day] of each.entries()) {
    const amount = cents(written[at] ?? '');
    const age = dayNumber(asOf) - dayNumber(day);
    const term = amount < 0n ? 'credit' : String(ages.findLast((first) => age >= first) ?? 0);
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

/** Days since 1970 of `20260630`. */
function dayNumber(text: string): number {
  const [year, month, day] = [text.slice(0, 4), text.slice(4, 6), text.slice(6, 8)].map(Number);
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
