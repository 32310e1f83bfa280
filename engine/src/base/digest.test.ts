import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hmacSha256, hmacSha256Hex } from './digest.ts';

test('hmacSha256Hex is hmacSha256, for short and long keys and messages in any order', () => {
  for (const keyBytes of [0, 1, 32, 64, 65, 200]) {
    const key = Buffer.alloc(keyBytes, 7);
    const digest = hmacSha256Hex(key);
    for (const message of ['', 'ö'.repeat(5000), 'short', Buffer.alloc(20_000, 3), Buffer.of(0)]) {
      assert.equal(digest(message), hmacSha256(key, message).toString('hex'));
    }
  }
});

test('RFC 4231, test case 2', () => {
  assert.equal(
    hmacSha256Hex(Buffer.from('Jefe'))('what do ya want for nothing?'),
    '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
  );
});
