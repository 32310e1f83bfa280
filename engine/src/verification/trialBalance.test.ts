import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  ageBalances,
  balanceColumns,
  compareBalances,
  figureKey,
  formatAmount,
  lineTies,
  parseAmount,
  type OpenCharge,
  type Settlement,
} from './trialBalance.ts';

const asOf = { day: '2026-06-30', ages: [0, 31, 61] };

function charge(id: string, amount: string, day: string): OpenCharge {
  const members = { facility: '1', class: 'COM', payer: '502', guarantor: 'P1' };
  return { id, amount: parseAmount(amount) ?? 0n, day, members };
}

function paid(of: string | undefined, amount: string, badDebt = false): Settlement {
  return { charge: of, amount: parseAmount(amount) ?? 0n, badDebt };
}

function total(figures: Map<string, bigint>, column: string): string {
  return formatAmount(figures.get(figureKey('total', '', column)) ?? 0n);
}

describe('trial balance', () => {
  it('adds exactly, and writes at least cents', () => {
    const tenth = parseAmount('0.1') ?? 0n;
    assert.equal(formatAmount(tenth + tenth + tenth), '0.30');
    assert.equal(formatAmount(parseAmount('-12.5') ?? 0n), '-12.50');
    assert.equal(formatAmount(parseAmount('9007199254740993.01') ?? 0n), '9007199254740993.01');
    assert.equal(formatAmount(parseAmount('.1234') ?? 0n), '0.1234');
    for (const text of ['', '.', '1O5.00', '1,5', 'twenty', '0.12345']) {
      assert.equal(parseAmount(text), undefined, text);
    }
  });

  it('ages what is open by the day of service, and keeps credits apart', () => {
    const charges = [
      charge('today', '10.00', '2026-06-30'),
      charge('month', '20.00', '2026-05-31'),
      charge('day 31', '30.00', '2026-05-30'),
      charge('old', '40.00', '2020-01-01'),
      charge('overpaid', '5.00', '2026-06-01'),
      charge('settled', '7.00', '2026-06-01'),
    ];
    const settlements = [
      paid('overpaid', '5.01'),
      paid('settled', '7.00'),
      paid('old', '15.00', true),
      paid(undefined, '3.33'),
    ];
    const figures = ageBalances(charges, settlements, asOf);
    assert.equal(total(figures, '0'), '30.00');
    assert.equal(total(figures, '31'), '30.00');
    assert.equal(total(figures, '61'), '25.00');
    assert.equal(total(figures, balanceColumns.credit), '-0.01');
    assert.equal(total(figures, balanceColumns.unapplied), '3.33');
    assert.equal(total(figures, balanceColumns.badDebt), '15.00');
    assert.equal(figures.get(figureKey('payer', '502', '61')), parseAmount('25.00'));
  });

  it('a difference of a cent does not tie, and what stays or is held explains only itself', () => {
    const all = [charge('a', '10.00', '2026-06-30'), charge('b', '1.00', '2026-06-30')];
    const stays = charge('c', '0.10', '2026-06-30');
    const sides = {
      legacy: ageBalances([...all, stays], [], asOf),
      within: ageBalances(all, [], asOf),
      moved: ageBalances(all.slice(0, 1), [], asOf),
      printed: undefined,
    };
    const line = (amount: string) => {
      const target = ageBalances([charge('a', amount, '2026-06-30')], [], asOf);
      const lines = compareBalances({ ...sides, target });
      return lines.find(({ group }) => group === 'total');
    };
    const same = line('10.00');
    const off = line('10.01');
    assert.ok(same && off);
    assert.equal(formatAmount(same.held), '1.00');
    assert.equal(formatAmount(same.stays), '0.10');
    assert.equal(lineTies(same), true);
    assert.equal(lineTies(off), false);
  });
});
