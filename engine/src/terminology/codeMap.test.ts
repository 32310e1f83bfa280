import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readCodeMap } from './codeMap.ts';

const header = 'source,target,display,system,equivalence,status,reviewer,note';

function read(...lines: string[]): ReturnType<typeof readCodeMap> {
  return readCodeMap('sex', 'codes/sex.csv', [header, ...lines].join('\n'));
}

test('approved rows map, others leave their code unmapped', () => {
  const { map, problems } = read(
    'M,male,Male,,equal,approved,jd,',
    'F,female,,,,approved,jd,"yes, ""female"""',
    'X,other,,,,proposed,,',
  );
  assert.deepEqual(problems, []);
  assert.equal(map.find('M')?.display, 'Male');
  assert.equal(map.find('F')?.equivalence, 'equivalent');
  assert.equal(map.find('X'), undefined);
  assert.equal(map.find('m'), undefined);
});

test('the star speaks for all other codes, and unmatched lands as text', () => {
  const { map, problems } = read('Z,,,,unmatched,approved,,', '*,unknown,,,wider,approved,,');
  assert.deepEqual(problems, []);
  assert.equal(map.find('Z')?.target, undefined);
  assert.equal(map.find('anything')?.target, 'unknown');
  assert.equal(map.approved.has('*'), false);
});

test('every mistake is reported with its line', () => {
  const { problems } = read(
    'M,male,,,,approved,,',
    'M,female,,,,approved,,',
    'F,,,,,approved,,',
    'U,unknown,,,sameish,approved,,',
    'O,other,,,,aproved,,',
    'too,few',
    ',x,,,,approved,,',
    'Q,q,,,unmatched,approved,,',
    'R,"open',
  );
  const found = problems.map(({ line, code }) => `${line} ${code}`);
  for (const expected of [
    '3 source-repeated',
    '4 target-missing',
    '5 equivalence-unknown',
    '6 status-unknown',
    '7 field-count',
    '8 source-missing',
    '9 target-unexpected',
    '10 csv-malformed',
  ]) {
    assert.ok(found.includes(expected), `${expected} in ${found.join()}`);
  }
  assert.ok(problems.every(({ file }) => file === 'codes/sex.csv'));
});

test('a missing or unknown column is told once, from the header', () => {
  const { problems } = readCodeMap('sex', 'codes/sex.csv', 'source,traget,status\nM,male,approved');
  assert.deepEqual(
    problems.map(({ line, code }) => `${line} ${code}`),
    ['1 column-unknown', '1 column-missing'],
  );
});

test('the digest follows the file', () => {
  const first = read('M,male,,,,approved,,').map;
  assert.equal(first.digest, read('M,male,,,,approved,,').map.digest);
  assert.notEqual(first.digest, read('M,female,,,,approved,,').map.digest);
});
