import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import { sameNumber } from './decimals.ts';

describe('sameNumber', () => {
  const cases: readonly [string, string, boolean][] = [
    ['0.50', '0.5', true],
    ['1e2', '100', true],
    ['100', '0.1E+3', true],
    ['0', '-0.00', true],
    ['5', '-5', false],
    ['0.5', '5.0', false],
    ['10', '1', false],
    ['12345678901234567890', '12345678901234567891', false],
    ['x', 'x', false],
  ];
  for (const [one, other, same] of cases) {
    it(`${one} and ${other}: ${same}`, () => assert.equal(sameNumber(one, other), same));
  }

  it('shifting the point and the exponent against each other changes nothing', () => {
    fc.assert(
      fc.property(fc.bigInt(), fc.integer({ min: 0, max: 40 }), (number, power) => {
        assert.ok(sameNumber(`${number}${'0'.repeat(power)}`, `${number}e${power}`));
      }),
    );
  });
});
