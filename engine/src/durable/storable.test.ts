import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import { HandoverError } from '../base/errors.ts';
import { failureText, reviveFailure, stripFailure } from './failure.ts';
import { storableCopy, storableText, token } from './storable.ts';
import { nextGeneration, rootId, startId } from './workflowId.ts';

const word = fc.stringMatching(/^[A-Za-z0-9._:/-]{1,40}$/);

describe('what may be stored', () => {
  it('keeps ids, counts and tokens as they are', () => {
    const value = { run: token('0193-a'), counts: [1, 0, -2.5], done: false, none: null };
    assert.deepEqual(storableCopy(value), value);
    assert.equal(storableText(undefined), 'null');
  });

  it('refuses the rest without quoting it', () => {
    const refused: unknown[] = [
      'two words',
      'a@b.example',
      'Zoë',
      '',
      'x'.repeat(201),
      Number.NaN,
      1n,
      new Date(0),
      new Map(),
      Buffer.from('x'),
      () => 1,
      [[{ note: 'two words' }]],
      { 'two words': 1 },
    ];
    for (const value of refused) {
      assert.throws(
        () => storableText(value),
        (error) =>
          error instanceof HandoverError &&
          error.code === 'durable-value-refused' &&
          !error.message.includes('two words'),
      );
    }
  });

  it('numbers generations and finds their root', () => {
    fc.assert(
      fc.property(word, fc.integer({ min: 1, max: 30 }), (id, generations) => {
        let last: string = startId(id);
        for (let n = 0; n < generations; n++) last = nextGeneration(last);
        assert.equal(last, `${id}~${generations}`);
        assert.equal(rootId(last), id);
      }),
    );
  });
});

describe('what is kept of a failure', () => {
  it('is its code, class and exit code, through any number of strips', () => {
    const error = new HandoverError('gate-not-met', 'Dr. Two Words', {
      failure: 'transient',
      exitCode: 4,
    });
    const stripped = stripFailure(stripFailure(error));
    assert.deepEqual(Object.getOwnPropertyNames(stripped).toSorted(), ['message', 'name']);
    const revived = reviveFailure(stripped.message);
    assert.deepEqual(
      [revived.code, revived.failure, revived.exitCode],
      ['gate-not-met', 'transient', 4],
    );
  });

  it('never includes what the error said', () => {
    fc.assert(
      fc.property(fc.string(), (said) => {
        assert.equal(failureText(new Error(`: ${said}`)), 'unexpected permanent 1');
        assert.equal(failureText(said), 'unexpected permanent 1');
        assert.equal(failureText(new HandoverError(`: ${said}`, said)), 'unexpected permanent 1');
      }),
    );
  });
});
