/** The function of the project template that brings balances forward. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { byAge } from '../../project-template/mappings/clinic/balance.ts';

interface Balance {
  extension: [
    { valueCodeableConcept: { coding: [{ code: string }] } },
    { valueMoney: { value: string } },
  ];
}

function told(days: readonly string[], amounts: readonly string[]): string[] | undefined {
  const made = byAge({ day: '2026-06-30', ages: '0 31 61 91 121', days, amounts }) as
    readonly Balance[] | undefined;
  return made?.map(({ extension: [term, amount] }) => {
    const [{ code }] = term.valueCodeableConcept.coding;
    return `${code} ${amount.valueMoney.value}`;
  });
}

test('what is open goes to the age of its day, and what is paid beyond is a credit of none', () => {
  const days = ['20260630', '20260531', '20260530', '20260228', '20200101', '20260101', '20260629'];
  const amounts = ['10', '0.1', '20.50', '5', '1.2', '-0.05', '0.20'];
  assert.deepEqual(told(days, amounts), ['0 10.30', '31 20.50', '121 6.20', 'credit -0.05']);
});

test('what is settled says nothing, and what is no amount of cents is refused', () => {
  assert.equal(told(['20260630', '20260630'], ['0', '0.00']), undefined);
  assert.equal(told([], []), undefined);
  assert.throws(() => told(['20260630'], ['0.005']));
  assert.throws(() => told(['20260630', '20260630'], ['1']));
});
