import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { tablesOf } from './hospital.ts';
import { createWorld } from './world.ts';

const world = createWorld({ patients: 800, seed: 'money', defects: 'planted', tables: 'all' });

/** Rows of a table as objects, as somebody reads them who has nothing but the tables. */
function rowsOf(name: string): Record<string, string>[] {
  const table = tablesOf('all').find((one) => one.name === name);
  assert.ok(table);
  return [...table.rows(world)].map(({ values }) =>
    Object.fromEntries(table.columns.map((column, at) => [column.name, values[at] ?? ''])),
  );
}

/** Dollars as cents, by hand: no floating point. */
function cents(dollars: string | undefined): bigint {
  const match = /^(-?)(\d+)\.(\d\d)$/.exec(dollars ?? '');
  assert.ok(match, dollars);
  const amount = BigInt(`${match[2]}${match[3]}`);
  return match[1] === '-' ? -amount : amount;
}

const whole = (amount: string): boolean => /^-?\d+\.\d\d$/.test(amount);

describe('money of the sample', () => {
  const charges = rowsOf('charges');
  const lines = rowsOf('charge_lines');
  const payments = rowsOf('payments');
  const adjustments = rowsOf('adjustments');

  it('has lines that add up to the total of their charge', () => {
    const sums = new Map<string, bigint>();
    const headers = new Map(charges.map((one) => [one['chg_id'], one]));
    let struck = 0;
    for (const line of lines) {
      const { chg_id: charge = '', line_amt: amount, unit_amt: price, units } = line;
      assert.equal(cents(amount), cents(price) * BigInt(units ?? '0'));
      const header = headers.get(charge);
      if (header?.['pt_id'] !== line['pt_id']) continue;
      if (line['deleted'] === 'Y' && header?.['deleted'] === 'N') struck++;
      else sums.set(charge, (sums.get(charge) ?? 0n) + cents(amount));
    }
    let compared = 0;
    for (const { chg_id: charge = '', total_amt: total = '' } of charges) {
      const sum = sums.get(charge);
      if (sum === undefined) continue;
      assert.equal(sum, cents(total), charge);
      compared++;
    }
    assert.ok(compared > 800);
    assert.ok(struck > 10);
  });

  it('prints a trial balance that the tables add up to, to the cent', () => {
    const spoilt = [...payments, ...adjustments].filter(
      ({ pay_amt: paid, adj_amt: adjusted }) => !whole(paid ?? adjusted ?? ''),
    );
    assert.ok(spoilt.length > 0, 'the clean comparison is below');
    const clean = createWorld({ patients: 300, seed: 'tie', defects: 'none', tables: 'all' });
    const read = (name: string): Record<string, string>[] => {
      const table = tablesOf('all').find((one) => one.name === name);
      return [...(table?.rows(clean) ?? [])].map(({ values }) =>
        Object.fromEntries(
          (table?.columns ?? []).map(({ name: column }, at) => [column, values[at] ?? '']),
        ),
      );
    };
    const open = new Map<string, bigint>();
    for (const row of read('charges')) {
      if (row['deleted'] === 'N' && row['status_cd'] === 'O') {
        open.set(row['chg_id'] ?? '', cents(row['total_amt']));
      }
    }
    let unapplied = 0n;
    for (const row of read('payments')) {
      if (row['deleted'] !== 'N' || row['status_cd'] === 'V') continue;
      const charge = row['chg_id'] ?? '';
      if (charge === '') unapplied += cents(row['pay_amt']);
      else open.set(charge, (open.get(charge) ?? 0n) - cents(row['pay_amt']));
    }
    for (const row of read('adjustments')) {
      if (row['deleted'] !== 'N') continue;
      const charge = row['chg_id'] ?? '';
      open.set(charge, (open.get(charge) ?? 0n) - cents(row['adj_amt']));
    }
    const printed = read('trial_balance');
    const sumOf = (group: string, wanted: (column: string) => boolean): bigint =>
      printed
        .filter((row) => row['grp_typ'] === group && wanted(row['col_cd'] ?? ''))
        .reduce((sum, row) => sum + cents(row['amt']), 0n);
    const net = [...open.values()].reduce((sum, amount) => sum + amount, 0n);
    const balance = (column: string): boolean => /^(\d+|CREDIT)$/.test(column);
    for (const group of ['ALL', 'FAC', 'CLS', 'PAY', 'GUA']) {
      assert.equal(sumOf(group, balance), net, group);
    }
    assert.equal(
      sumOf('ALL', (column) => column === 'UNAPPLIED'),
      unapplied,
    );
    assert.ok(sumOf('ALL', (column) => column === 'CREDIT') < 0n);
    assert.ok(sumOf('ALL', (column) => column === 'BADDEBT') > 0n);
    assert.ok(sumOf('ALL', (column) => column === '121') > 0n);
  });
});

describe('seasons and days of the sample', () => {
  it('gives most influenza shots in autumn', () => {
    const given = rowsOf('immunisations').filter(
      (row) => row['vax_cd'] === 'FLU4' && row['given_dt']?.length === 10,
    );
    const autumn = given.filter((row) => Number(row['given_dt']?.slice(0, 2)) >= 9);
    assert.ok(given.length > 300 && autumn.length / given.length > 0.8);
  });

  it('makes no appointment on a Sunday', () => {
    const starts = rowsOf('appointments').map((row) => row['start_ts'] ?? '');
    assert.ok(starts.length > 800);
    for (const start of starts) {
      assert.notEqual(new Date(`${start.slice(0, 10)}T12:00:00Z`).getUTCDay(), 0, start);
    }
  });

  it('names the patient in the text of notes', () => {
    const texts = rowsOf('notes').map((row) => row['body_txt'] ?? '');
    const named = texts.filter((text) =>
      /MRN \d{8}|DOB \d\d\/\d\d\/\d{4}|SSN ends \d{4}/.test(text),
    );
    assert.ok(named.length / texts.length > 0.5);
  });
});
