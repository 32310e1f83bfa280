import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { acknowledge, readAcknowledgement, type Refusal } from './acknowledgement.ts';
import { headerOf, messageType } from './header.ts';

const now = new Date('2026-11-27T07:15:30.042Z');
const missing: Refusal = { kind: 'error', condition: 101, field: 10, text: 'no control id' };
const unreadable: Refusal = { kind: 'reject', condition: 100, text: 'no MSH' };

function answered(given: string, refusal?: Refusal): string | undefined {
  const header = headerOf(Buffer.from(given, 'latin1'));
  const answer = { header, id: 'H1', now, ...(refusal && { refusal }) };
  return acknowledge(answer)?.toString('latin1');
}

function message(version: string, accept = '', application = ''): string {
  return `MSH|^~\\&|LAB^1.2^ISO|NORTH|EHR|SOUTH|20260101||ADT^A01^ADT_A01|C\\F\\1|P|${version}|||${accept}|${application}\rPID|1\r`;
}

describe('acknowledgement', () => {
  test('says who answers whom, to what, and in which version', () => {
    assert.equal(
      answered(message('2.5.1')),
      'MSH|^~\\&|EHR|SOUTH|LAB^1.2^ISO|NORTH|20261127071530.042+0000||ACK^A01^ACK|H1|P|2.5.1\r' +
        'MSA|AA|C\\F\\1\r',
    );
    assert.match(answered(message('2.3')) ?? '', /\|ACK\^A01\|H1\|P\|2\.3\r/);
  });

  test('is written with the delimiters and in the character set of the message', () => {
    const odd = 'MSH#*~\\&#L\u00e4B#N#E#S#20260101##ORU*R01#7#T#2.4######8859/1\r';
    assert.equal(
      answered(odd, missing),
      'MSH#*~\\&#E#S#L\u00e4B#N#20261127071530.042+0000##ACK*R01*ACK#H1#T#2.4######8859/1\r' +
        'MSA#AE#7#no control id\rERR#MSH*1*10*101&Required field missing&HL70357\r',
    );
  });

  test('tells in an ERR segment what is wrong, as each version has it', () => {
    assert.match(
      answered(message('2.5'), missing) ?? '',
      /\rMSA\|AE\|C\\F\\1\rERR\|\|MSH\^1\^10\|101\^Required field missing\^HL70357\|E\|\|\|\|no control id\r$/,
    );
    assert.match(
      answered(message('2.3.1'), unreadable) ?? '',
      /\rMSA\|AR\|C\\F\\1\|no MSH\rERR\|\^\^\^100&Segment sequence error&HL70357\r$/,
    );
  });

  test('answers what has no header, as far as anybody can', () => {
    assert.equal(
      answered('PID|1\r', unreadable),
      'MSH|^~\\&|||||20261127071530.042+0000||ACK|H1|P|2.5.1\r' +
        'MSA|AR\rERR|||100^Segment sequence error^HL70357|E||||no MSH\r',
    );
    assert.match(answered('MSHxxxx\r', unreadable) ?? '', /\rMSA\|AR\r/);
  });

  /** MSH-15, MSH-16, then the code for what is taken, in error, and rejected. */
  const modes: readonly (readonly [string, string, ...(string | undefined)[]])[] = [
    ['', '', 'AA', 'AE', 'AR'],
    ['AL', 'NE', 'CA', 'CE', 'CR'],
    ['AL', 'AL', 'CA', 'CE', 'CR'],
    ['AL', '', 'CA', 'CE', 'CR'],
    ['NE', 'AL', 'AA', 'AE', 'AR'],
    ['', 'AL', 'AA', 'AE', 'AR'],
    ['NE', 'NE', undefined, undefined, undefined],
    ['ER', 'NE', undefined, 'CE', 'CR'],
    ['SU', 'NE', 'CA', undefined, undefined],
    ['ER', 'AL', 'AA', 'CE', 'CR'],
    ['NE', 'ER', undefined, 'AE', 'AR'],
    ['what', '', 'CA', 'CE', 'CR'],
  ];
  for (const [accept, application, ...codes] of modes) {
    test(`MSH-15 "${accept}" and MSH-16 "${application}"`, () => {
      const codesGiven = [undefined, missing, unreadable].map((refusal) => {
        const answer = answered(message('2.5', accept, application), refusal);
        return answer && readAcknowledgement(Buffer.from(answer, 'latin1'))?.code;
      });
      assert.deepEqual(codesGiven, codes);
    });
  }

  test('is read again: code, control id and conditions', () => {
    for (const version of ['2.2', '2.8']) {
      const answer = Buffer.from(answered(message(version), missing) ?? '', 'latin1');
      const expected = { code: 'AE', control: 'C\\F\\1', conditions: ['101'] };
      assert.deepEqual(readAcknowledgement(answer), expected);
    }
    assert.equal(readAcknowledgement(Buffer.from('MSH|^~\\&|a\rMSA|XX|1\r')), undefined);
    assert.equal(readAcknowledgement(Buffer.from('nothing')), undefined);
  });

  test('a message type is a name of the standard, or none', () => {
    const typeOf = (field: string): string | undefined => {
      const header = headerOf(Buffer.from(`\r\nMSH|^~\\&|||||||${field}|1\r`));
      return header && messageType(header);
    };
    assert.equal(typeOf('ADT^A01^ADT_A05'), 'ADT');
    assert.equal(typeOf('ACK'), 'ACK');
    assert.equal(typeOf('SMITH JOHN'), undefined);
    assert.equal(typeOf(''), undefined);
  });
});
