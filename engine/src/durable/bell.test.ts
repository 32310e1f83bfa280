import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemClock } from '../base/clock.ts';
import { Bell, Pace } from './bell.ts';

const hourMs = 3_600_000;

/** A pace that has long been slow. */
async function slowPace(bell: Bell): Promise<Pace> {
  const pace = new Pace(bell, { ...systemClock, sleep: skip }, hourMs);
  for (let wait = 0; wait < 30; wait++) await pace.wait();
  return pace;
}

let asked: number[] = [];
const skip = async (durationMs: number, signal?: AbortSignal): Promise<void> => {
  asked.push(durationMs);
  if (durationMs === hourMs && asked.length > 30) await systemClock.sleep(durationMs, signal);
};

test('a loop looks ever less often, down to the slowest pace', async () => {
  asked = [];
  await slowPace(new Bell());
  assert.deepEqual(asked.slice(0, 4), [2, 4, 8, 16]);
  assert.equal(asked.at(-1), hourMs);
});

test('a ring ends the wait, and what rang while nobody waited shortens the next', async () => {
  asked = [];
  const bell = new Bell();
  const pace = await slowPace(bell);
  const waiting = pace.wait();
  bell.ring();
  await waiting;
  await pace.wait();
  bell.ring();
  await pace.wait();
  assert.deepEqual(asked.slice(30), [hourMs, 2, 2]);
});

test('who has seen what rang rests until the next ring', async () => {
  asked = [];
  const bell = new Bell();
  const pace = new Pace(bell, { ...systemClock, sleep: skip }, 500);
  await pace.wait();
  pace.rest();
  await pace.wait();
  bell.ring();
  await pace.wait();
  assert.deepEqual(asked, [2, 500, 2]);
});

test('an aborted signal ends the wait with its reason, before or after it began', async () => {
  asked = [];
  const pace = await slowPace(new Bell());
  const abort = new AbortController();
  const waiting = pace.wait(new AbortController().signal, abort.signal);
  abort.abort(new Error('over'));
  await assert.rejects(waiting, /over/);
  await assert.rejects(pace.wait(abort.signal), /over/);
});
