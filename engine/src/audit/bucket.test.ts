import assert from 'node:assert/strict';
import { test } from 'node:test';
import { signedHeaders } from './bucket.ts';

const bucket = {
  region: 'us-east-1',
  accessKey: 'AKIAIOSFODNN7EXAMPLE',
  secretKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
};
const now = new Date('2013-05-24T00:00:00Z');
const host = 'examplebucket.s3.amazonaws.com';

/** The examples that Amazon gives with its signature (Signature Version 4, S3, in a header). */
for (const [name, request, signature] of [
  [
    'an object',
    { method: 'GET', path: '/test.txt', query: '', headers: { range: 'bytes=0-9' } },
    'f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41',
  ],
  [
    'an object put',
    {
      method: 'PUT',
      path: '/test%24file.text',
      query: '',
      headers: {
        date: 'Fri, 24 May 2013 00:00:00 GMT',
        'x-amz-storage-class': 'REDUCED_REDUNDANCY',
      },
      body: Buffer.from('Welcome to Amazon S3.'),
    },
    '98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd',
  ],
  [
    'a list',
    { method: 'GET', path: '/', query: 'max-keys=2&prefix=J' },
    '34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7',
  ],
] as const) {
  test(`a request for ${name} is signed as the service signs it`, () => {
    const { authorization } = signedHeaders(bucket, now, { ...request, host });
    assert.equal(/Signature=(\w+)$/.exec(authorization ?? '')?.[1], signature);
  });
}
