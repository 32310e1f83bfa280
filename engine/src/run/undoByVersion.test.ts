import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Stored, Target, Write } from '../model/target.ts';
import { judgeContent, takeBack, type WayBack } from './undoByVersion.ts';

const body = (text: string): Buffer => Buffer.from(text);
const present = (version: number, text: string, id = 'a'): Stored => ({
  type: 'Basic',
  id,
  state: 'present',
  version,
  digest: text,
  body: body(text),
});
const same = (sent: Buffer, stored: Stored): boolean =>
  stored.state === 'present' && stored.body?.equals(sent) === true;

const way = (before?: string): WayBack => ({
  bodies: new Map([['Basic/a', body('ours')]]),
  before: new Map(before === undefined ? [] : [['Basic/a', body(before)]]),
  columns: { types: ['Basic', 'Basic'], ids: ['a', 'b'], from: [], references: [[], ['Basic/a']] },
});
const written = { type: 'Basic', id: 'a', version: 2, unsure: false, removal: false };

describe('the way back at a target that keeps every version', () => {
  it('what we wrote is ours, under whatever version', () => {
    assert.equal(judgeContent(way('old'), written, present(2, 'ours'), same), 'ours');
    assert.equal(judgeContent(way('old'), written, present(9, 'ours'), same), 'ours');
    // The server changed what it was sent: its version tells.
    assert.equal(judgeContent(way('old'), written, present(2, 'ours, trimmed'), same), 'ours');
  });

  it('an undo that was interrupted meets its own steps and goes on', () => {
    const gone: Stored = { type: 'Basic', id: 'a', state: 'removed', version: 3 };
    assert.equal(judgeContent(way('old'), written, present(3, 'old'), same), 'earlier');
    assert.equal(judgeContent(way(), written, gone, same), 'earlier');
  });

  it('what somebody else wrote or removed since is theirs', () => {
    const gone: Stored = { type: 'Basic', id: 'a', state: 'removed', version: 3 };
    assert.equal(judgeContent(way('old'), written, present(3, 'theirs'), same), 'later');
    assert.equal(judgeContent(way('old'), written, gone, same), 'later');
    const unsure = { ...written, unsure: true };
    assert.equal(judgeContent(way('old'), unsure, present(2, 'theirs'), same), 'later');
  });

  it('what we removed is ours while it is gone, and is put back once', async () => {
    const removed = { ...written, removal: true };
    const gone: Stored = { type: 'Basic', id: 'a', state: 'removed', version: 2 };
    assert.equal(judgeContent(way('old'), removed, gone, same), 'ours');
    assert.equal(judgeContent(way('old'), removed, present(3, 'old'), same), 'earlier');
    assert.equal(judgeContent(way('old'), removed, present(3, 'theirs'), same), 'later');
    const sent: Write[] = [];
    const write = async (writes: readonly Write[]): Promise<object[]> => {
      sent.push(...writes);
      return writes.map(() => ({ state: 'delivered' }));
    };
    const target = { write } as unknown as Target;
    assert.equal(await takeBack(target, way('old'), [gone], new AbortController().signal), true);
    const revert = { kind: 'revert', type: 'Basic', id: 'a', ifVersion: 2, before: body('old') };
    assert.deepEqual(sent, [revert]);
    sent.length = 0;
    assert.equal(await takeBack(target, way(), [gone], new AbortController().signal), true);
    assert.deepEqual(sent, []);
  });

  it('what refers to others is removed before them', async () => {
    const batches: string[][] = [];
    const write = async (writes: readonly Write[]): Promise<object[]> => {
      batches.push(writes.map(({ id }) => id));
      return writes.map(() => ({ state: 'delivered' }));
    };
    const target = { write } as unknown as Target;
    const ours = [present(1, 'ours', 'a'), present(1, 'ours', 'b')];
    assert.equal(await takeBack(target, way(), ours, new AbortController().signal), true);
    assert.deepEqual(batches, [['b'], ['a']]);
  });
});
