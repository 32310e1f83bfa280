import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import {
  add,
  compareNumbers,
  Decimal,
  divide,
  multiply,
  numberText,
  parseDecimal,
  rescale,
  subtract,
  type Numeric,
} from './decimal.ts';
import { Quantity } from './quantity.ts';
import { areComparable, compareQuantities } from './quantityArithmetic.ts';
import { addToTemporal, compareTemporals, parseTemporal, type Temporal } from './temporal.ts';
import { parseUnit } from './ucum.ts';

const decimals = fc
  .tuple(fc.bigInt({ min: -(10n ** 25n), max: 10n ** 25n }), fc.integer({ min: 0, max: 12 }))
  .map(([coefficient, scale]) => Decimal.of({ coefficient, scale }));

function moment(text: string): Temporal {
  const kind = text.includes('T') ? 'dateTime' : 'date';
  return parseTemporal(kind, text) ?? assert.fail(text);
}

describe('decimals', () => {
  it('keep their text', () => {
    for (const text of ['1.10', '0.00', '-0.50', '12345678901234567890', '1e2', '1E-7']) {
      assert.equal(parseDecimal(text)?.text, text);
    }
    for (const text of ['', '1.', '.5', '1,5', '0x1', 'NaN', '1e99999', ' 1']) {
      assert.equal(parseDecimal(text), undefined, text);
    }
  });

  it('are added, subtracted, multiplied and compared exactly', () => {
    fc.assert(
      fc.property(decimals, decimals, (left, right) => {
        assert.equal(compareNumbers(subtract(add(left, right), right), left), 0);
        assert.equal(compareNumbers(multiply(left, right), multiply(right, left)), 0);
        assert.equal(
          Math.sign(compareNumbers(left, right)),
          Math.sign(compareNumbers(subtract(left, right), 0)),
        );
      }),
    );
  });

  it('agree with integers of JavaScript, and go on where those end', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), fc.maxSafeInteger(), (left, right) => {
        assert.equal(numberText(add(left, right)), String(BigInt(left) + BigInt(right)));
        assert.equal(numberText(multiply(left, right)), String(BigInt(left) * BigInt(right)));
      }),
    );
  });

  it('are divided to a quotient that multiplies back', () => {
    const nonZero = decimals.filter((value) => value.parts.coefficient !== 0n);
    fc.assert(
      fc.property(decimals, nonZero, (left, right) => {
        const quotient = divide(left, right) as Numeric;
        const error = subtract(multiply(quotient, right), left);
        const largest = multiply(right, new Decimal('1e-28'));
        const squared = subtract(multiply(error, error), multiply(largest, largest));
        assert.ok(compareNumbers(squared, 0) <= 0);
      }),
    );
    assert.equal(divide(1, 0), undefined);
    assert.equal(divide(1, 8)?.text, '0.125');
  });

  it('are rounded as told', () => {
    const cases: [string, number, Parameters<typeof rescale>[2], string][] = [
      ['2.5', 0, 'half-up', '3'],
      ['-2.5', 0, 'half-up', '-3'],
      ['2.449', 1, 'half-up', '2.4'],
      ['-1.1', 0, 'floor', '-2'],
      ['-1.9', 0, 'ceiling', '-1'],
      ['-1.9', 0, 'truncate', '-1'],
      ['1.1', 3, 'floor', '1.100'],
    ];
    for (const [text, scale, rounding, expected] of cases) {
      assert.equal(rescale(new Decimal(text), scale, rounding).text, expected);
    }
  });
});

describe('dates and times', () => {
  it('are read only if they exist', () => {
    for (const text of ['2024-02-29', '2023', '2023-02', '2023-02-28T23:59:60Z']) moment(text);
    for (const text of ['2023-02-29', '2023-13', '2023-1-1', '20230101', 'yesterday!']) {
      assert.equal(parseTemporal('date', text), undefined, text);
    }
    assert.equal(parseTemporal('time', '24:00'), undefined);
    assert.equal(parseTemporal('dateTime', '2023-01-01T10:00+15:00'), undefined);
  });

  it('compare as far as both go', () => {
    const cases: [string, string, number | undefined][] = [
      ['2023-01-01', '2023-01-02', -1],
      ['2023-01', '2023-01-02', undefined],
      ['2023-01', '2023-02-01', -1],
      ['2023-01-01T10:00:00Z', '2023-01-01T12:00:00+02:00', 0],
      ['2023-01-01T23:30:00-05:00', '2023-01-02T04:29:00Z', 1],
      ['2023-01-01T10:00:00', '2023-01-01T11:00:00Z', undefined],
      ['2023-01-01T10:00:00', '2023-01-04T11:00:00Z', -1],
      ['2023-01-01T10:00:00.5', '2023-01-01T10:00:00.50', 0],
    ];
    for (const [left, right, expected] of cases) {
      const order = compareTemporals(moment(left), moment(right));
      assert.equal(
        order === undefined ? undefined : Math.sign(order),
        expected,
        `${left} ${right}`,
      );
    }
  });

  it('move by units of the calendar and keep precision, offset and the end of months', () => {
    const cases: [string, number, Parameters<typeof addToTemporal>[2], string][] = [
      ['2024-01-31', 1, 'month', '2024-02-29'],
      ['2024-02-29', 1, 'year', '2025-02-28'],
      ['2023-12-31', 1, 'day', '2024-01-01'],
      ['2023', 30, 'month', '2025'],
      ['2023-03', 45, 'day', '2023-04'],
      ['2023-03-01', -1, 'day', '2023-02-28'],
      ['2023-03-26T01:30:00+01:00', 2, 'hour', '2023-03-26T03:30:00+01:00'],
      ['2023-01-01T00:00:00Z', 1.5, 'second', '2023-01-01T00:00:01.500Z'],
    ];
    for (const [from, amount, unit, expected] of cases) {
      assert.equal(addToTemporal(moment(from), amount, unit)?.text, expected);
    }
    assert.equal(addToTemporal(moment('9999-12-31'), 1, 'day'), undefined);
  });
});

describe('units', () => {
  it('convert exactly', () => {
    const cases: [string, string, string, string][] = [
      ['1', 'kg', '1000', 'g'],
      ['1', '[lb_av]', '453.59237', 'g'],
      ['1', '[in_i]', '2.54', 'cm'],
      ['120', 'mm[Hg]', '12', 'cm[Hg]'],
      ['1', 'mg/dL', '0.01', 'g/L'],
      ['5', '10*3/uL', '5', '10*9/L'],
      ['1', 'mmol/L', '1', 'mol/m3'],
      ['98.6', '[degF]', '37', 'Cel'],
      ['1', '{beats}/min', '60', '/h'],
      ['1', 'kg/m2', '0.1', 'g/cm2'],
      ['1', 'wk', '7', 'd'],
    ];
    for (const [left, unit, right, other] of cases) {
      const a = new Quantity(new Decimal(left), unit);
      const b = new Quantity(new Decimal(right), other);
      assert.equal(compareQuantities(a, b), 0, `${left} ${unit} = ${right} ${other}`);
    }
  });

  it('that measure different things do not compare', () => {
    assert.equal(areComparable(new Quantity(1, 'mg'), new Quantity(1, 'mL')), false);
    assert.equal(
      compareQuantities(new Quantity(1, 'year', 'year'), new Quantity(1, 'a')),
      undefined,
    );
    assert.equal(compareQuantities(new Quantity(1, 'nonsense'), new Quantity(1, 'g')), undefined);
  });

  it('whose worth is not said compare with themselves alone', () => {
    const titre = (amount: string, unit: string): Quantity =>
      new Quantity(new Decimal(amount), unit);
    assert.equal(compareQuantities(titre('1', "k[hnsf'U]"), titre('1', "[hnsf'U]")), undefined);
    assert.equal(compareQuantities(titre('1', 'mCi'), titre('0.001', 'Ci')), 0);
    assert.equal(areComparable(titre('1', 'Ci'), titre('1', 'Bq')), false);
    assert.equal(compareQuantities(titre('1', 'KiBy'), titre('1024', 'By')), 0);
  });

  it('are refused when they are none', () => {
    for (const code of ['', 'xyz', 'mg//mL', '(mg', 'mg)', 'm1000', '10*999']) {
      assert.equal(parseUnit(code), undefined, code);
    }
  });
});
