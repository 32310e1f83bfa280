import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { isCommonPassword } from './commonPasswords.ts';
import { shortestPassword } from './passwords.ts';

const refused = [
  'passwordpassword',
  'Password12345678',
  'P@ssw0rdP@ssw0rd',
  'Welcome2024!Welcome',
  'SummerDragon2024',
  'iloveyou-1234567890',
  'letmeinletmein1',
  '111111111111111',
  '123456789987654321',
  'qwertyuiopasdfghjkl',
  '1qaz2wsx3edc4rfv',
  '1q2w3e4r5t6y7u8i',
  'poiuytrewqlkjhgfdsa',
  'abcdefghijklmnop',
  'momomomomomomomo',
];

const taken = [
  'correct horse battery staple',
  'winter otter pencil cloud',
  'tQ9#vLm2xPz7Kd4w',
  'Riverside-Hospital-2026',
  'das kleine rote Fahrrad',
];

test('R18 what is made of common passwords, walks over the keyboard or repeats is refused, and a phrase of four words is not', () => {
  for (const password of refused) assert.ok(isCommonPassword(password), password);
  for (const password of taken) assert.ok(!isCommonPassword(password), password);
});

test('R18 the commonest 3,000 are refused however they are lengthened to what the policy asks for', () => {
  const file = new URL('commonPasswords.txt', import.meta.url);
  const words = readFileSync(file, 'utf8').trim().split(' ');
  assert.ok(new Set(words).size >= 3_000);
  for (const word of words) {
    const twice = word.repeat(Math.ceil(shortestPassword / word.length));
    const capital = `${word[0]?.toUpperCase()}${word.slice(1)}`;
    for (const long of [twice, `${word}1234567890123`, `${capital}!${capital}2026`]) {
      assert.ok(isCommonPassword(long), long);
    }
  }
});
