import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import { frameOf, MllpReader, type MllpFrame } from './mllpFrames.ts';

const message = 'MSH|^~\\&|A|F|||20260101||ADT^A01|1|P|2.5\rPID|1\r';
const vt = '\u000b';
const fs = '\u001c';

/** All frames of a stream, its bytes given as chunks. */
function framesOf(chunks: readonly (string | Buffer)[], longest?: number): MllpFrame[] {
  const reader = new MllpReader(longest);
  const whole = chunks.flatMap((chunk) => reader.push(Buffer.from(chunk as string, 'latin1')));
  return [...whole, ...reader.finish()];
}

function told(frames: readonly MllpFrame[]): [text: string, problem: string | undefined][] {
  return frames.map(({ bytes, problem }) => [bytes.toString('latin1'), problem]);
}

interface Case {
  what: string;
  stream: string;
  gives: readonly (readonly [text: string, problem: string | undefined])[];
}

const cases: readonly Case[] = [
  {
    what: 'one frame',
    stream: `${vt}${message}${fs}\r`,
    gives: [[message, undefined]],
  },
  {
    what: 'frames behind each other',
    stream: `${vt}one${fs}\r${vt}two${fs}\r`,
    gives: [
      ['one', undefined],
      ['two', undefined],
    ],
  },
  {
    what: 'line ends between frames are nothing',
    stream: `\r\n${vt}one${fs}\r\r\n\n${vt}two${fs}\r\n`,
    gives: [
      ['one', undefined],
      ['two', undefined],
    ],
  },
  {
    what: 'other bytes between frames are kept apart',
    stream: `${vt}one${fs}\rnoise${vt}two${fs}\r`,
    gives: [
      ['one', undefined],
      ['noise', 'stray-bytes'],
      ['two', undefined],
    ],
  },
  {
    what: 'bytes without any mark',
    stream: 'GET / HTTP/1.1',
    gives: [['GET / HTTP/1.1', 'stray-bytes']],
  },
  {
    what: 'a start byte that is missing',
    stream: `${message}${fs}\r`,
    gives: [[message, 'frame-start-missing']],
  },
  {
    what: 'end bytes that are missing before the next message',
    stream: `${vt}${message}${vt}${message}${fs}\r`,
    gives: [
      [message, 'frame-end-missing'],
      [message, undefined],
    ],
  },
  {
    what: 'end bytes that never come',
    stream: `${vt}${message}`,
    gives: [[message, 'frame-end-missing']],
  },
  {
    what: 'a line end that is missing behind the end byte, before the next frame',
    stream: `${vt}one${fs}${vt}two${fs}\r`,
    gives: [
      ['one', undefined],
      ['two', undefined],
    ],
  },
  {
    what: 'a line end that is missing behind the last end byte',
    stream: `${vt}one${fs}`,
    gives: [['one', undefined]],
  },
  {
    what: 'a vertical tab inside a text is text',
    stream: `${vt}MSH|a\rOBX|1|TX|||first${vt}MSA second\r${fs}\r`,
    gives: [[`MSH|a\rOBX|1|TX|||first${vt}MSA second\r`, undefined]],
  },
  {
    what: 'an end byte inside a text is text',
    stream: `${vt}first${fs}second${fs}\r`,
    gives: [[`first${fs}second`, undefined]],
  },
  { what: 'start bytes that repeat', stream: `${vt}${vt}one${fs}\r`, gives: [['one', undefined]] },
  { what: 'a frame with nothing in it', stream: `${vt}${fs}\r`, gives: [['', undefined]] },
  { what: 'nothing', stream: '', gives: [] },
];

describe('MLLP frames', () => {
  for (const { what, stream, gives } of cases) {
    test(`${what}, in one piece and byte by byte`, () => {
      assert.deepEqual(told(framesOf([stream])), gives);
      assert.deepEqual(told(framesOf(stream.split(''))), gives);
    });
  }

  test('hostile streams come out the same, wherever they were cut', () => {
    const piece = fc.constantFrom(
      vt,
      fs,
      `${fs}\r`,
      `${vt}MSH`,
      vt.repeat(2),
      '\r',
      '\n',
      'MSH|',
      'x',
    );
    fc.assert(
      fc.property(fc.array(piece), fc.array(fc.nat(40)), (pieces, cuts) => {
        const stream = pieces.join('');
        const chunks: string[] = [];
        let at = 0;
        for (const cut of cuts) chunks.push(stream.slice(at, (at += cut)));
        chunks.push(stream.slice(at));
        assert.deepEqual(told(framesOf(chunks)), told(framesOf([stream])));
      }),
      { numRuns: 2_000 },
    );
  });

  test('messages come out as they went in, and nothing else', () => {
    const text = fc
      .uint8Array()
      .map((bytes) => bytes.filter((byte) => byte !== 0x0b && byte !== 0x1c));
    fc.assert(
      fc.property(fc.array(text), fc.integer({ min: 1, max: 50 }), (messages, size) => {
        const stream = Buffer.concat(messages.map((each) => frameOf(each)));
        const chunks: Buffer[] = [];
        for (let at = 0; at < stream.length; at += size)
          chunks.push(stream.subarray(at, at + size));
        const reader = new MllpReader();
        const frames = [...chunks.flatMap((chunk) => reader.push(chunk)), ...reader.finish()];
        assert.deepEqual(
          frames.map((frame) => [Buffer.from(frame.bytes), frame.problem]),
          messages.map((each) => [Buffer.from(each), undefined]),
        );
      }),
    );
  });

  test('what is too long is cut, told at its end, and the next frame is whole', () => {
    const long = 'x'.repeat(101);
    for (const chunks of [
      [`${vt}${long}${fs}\r${vt}y${fs}\r`],
      [`${vt}${long}`, `${fs}\r${vt}y${fs}\r`],
    ]) {
      const frames = framesOf(chunks, 100);
      assert.deepEqual(told(frames), [
        ['x'.repeat(100), 'frame-too-long'],
        ['y', undefined],
      ]);
    }
    assert.deepEqual(told(framesOf([`${vt}${'x'.repeat(100)}${fs}\r`], 100)), [
      ['x'.repeat(100), undefined],
    ]);
  });

  test('a stream that never ends is held in bounds', () => {
    const reader = new MllpReader(1 << 20);
    reader.push(Buffer.from(vt));
    for (let at = 0; at < 200; at++) {
      assert.deepEqual(reader.push(Buffer.alloc(1 << 16, 'x')), []);
      assert.ok(reader.held <= 1 << 20);
    }
    assert.equal(reader.inFrame, true);
    const [frame] = reader.finish();
    assert.equal(frame?.problem, 'frame-too-long');
    assert.equal(frame?.bytes.length, 64 * 1024);
  });
});
