import assert from 'node:assert/strict';
import { test } from 'node:test';
import { amount, moment, rounded, words } from './meaning.ts';

test('a number and its two roundings mean the same, and its neighbour does not', () => {
  assert.ok(rounded('8.6813', '8.7'));
  assert.ok(!rounded('8.6813', '8.6'));
  assert.ok(rounded('982600', '982602'));
  assert.ok(!rounded('982600', '982612'));
  assert.ok(rounded('79', '79.0'));
  assert.ok(!rounded('79', '80.0'));
  assert.ok(rounded('-0.25', '-0.3'));
  assert.ok(!rounded('0.25', '-0.3'));
});

test('money is compared digit for digit', () => {
  assert.ok(amount('136.0', '136.00'));
  assert.ok(!amount('136.01', '136.00'));
});

test('instants are compared in UTC, days as they were written', () => {
  assert.ok(moment('2015-03-01T23:30:00-05:00', '2015-03-02T04:30:00Z'));
  assert.ok(!moment('2015-03-01T23:30:00-05:00', '2015-03-01T23:30:00Z'));
  assert.ok(moment('2015-03-01T23:30:00-05:00', '2015-03-01'));
  assert.ok(!moment('2015-03-01T23:30:00-05:00', '2015-03-02'));
});

test('a comma of the bundle is a space in the table', () => {
  assert.ok(words('student, retired', 'student  retired'));
  assert.ok(!words('student, retired', 'student retired'));
});
