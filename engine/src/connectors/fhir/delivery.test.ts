import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { manualClock, systemClock } from '../../base/clock.ts';
import { canonicalJson } from '../../base/json.ts';
import type { Receipt, Target, Write } from '../../model/target.ts';
import { fhirConnector } from './connector.ts';
import { basic, ScriptedServer, targetOn, testServices, type Script } from './testing.ts';

/** R03 and R17 as far as one connector goes; `engine/test/targets` has them through a whole run. */
let server: ScriptedServer;

beforeEach(async () => {
  server = await ScriptedServer.start();
});
afterEach(() => server.close());

const signal = new AbortController().signal;
const three = ['a', 'b', 'c'].map((id) => basic(id));

function states(receipts: readonly Receipt[]): string[] {
  return receipts.map(({ state }) => state);
}

function codes(receipts: readonly Receipt[]): string[] {
  return receipts.map((receipt) => ('code' in receipt ? receipt.code : receipt.state));
}

/** Every write meets this; reads are answered. */
function onWrites(mischief: ReturnType<Script>): Script {
  return ({ writes }) => (writes ? mischief : undefined);
}

async function stored(target: Target, writes: readonly Write[]): Promise<string[]> {
  return (await target.fetch(writes, 'head', signal)).map(({ state }) => state);
}

describe('R03 an ambiguous commit is harmless', () => {
  const fates: Record<string, NonNullable<ReturnType<Script>>> = {
    'a time-out': { does: 'hang', commits: true },
    'a reset': { does: 'reset', commits: true },
    'a 500': { does: 'answer', status: 500, commits: true },
    'a 502 of a gateway': { does: 'answer', status: 502, commits: true },
    'a 503 without a pause': { does: 'answer', status: 503, commits: true },
    'an answer cut short': { does: 'truncate', commits: true },
    'an answer that is no JSON': { does: 'garble', commits: true },
    'an answer without end': { does: 'flood', commits: true },
    'an answer with too few entries': { does: 'drop-entry', commits: true },
    'an empty answer': { does: 'answer', status: 200, commits: true },
  };
  for (const [name, mischief] of Object.entries(fates)) {
    test(`commit, then ${name}: ambiguous, and the target can be asked`, async () => {
      const target = await targetOn(server, { timeoutSeconds: 1 });
      server.script = onWrites(mischief);
      assert.deepEqual(
        states(await target.write(three, signal)),
        three.map(() => 'ambiguous'),
      );
      assert.deepEqual(
        await stored(target, three),
        three.map(() => 'present'),
      );
      server.script = () => undefined;
      const again = await target.write(three, signal);
      assert.ok(again.every((one) => one.state === 'delivered' && one.unchanged));
      assert.equal(server.writes.length, 1);
    });
  }

  test('a server that is not there: nothing was sent, and the same may be tried again', async () => {
    const clock = manualClock(new Date());
    const target = await targetOn(server, {}, { ...testServices, clock });
    await server.close();
    const receipts = await target.write(three, signal);
    assert.deepEqual(
      receipts.map((receipt) => receipt.state === 'transient' && receipt.code),
      three.map(() => 'target-unavailable'),
    );
    await assert.rejects(target.fetch(three, 'head', signal), { code: 'target-unavailable' });
  });
});

describe('every entry is looked into', () => {
  test('200 with 429 inside is transient for those entries alone', async () => {
    const target = await targetOn(server, { bundles: 'batch' });
    server.script = onWrites({
      does: 'refuse-entries',
      status: 429,
      entry: (url) => url === 'Basic/b',
    });
    const receipts = await target.write(three, signal);
    assert.deepEqual(states(receipts), ['delivered', 'transient', 'delivered']);
  });

  test('200 with 500 inside is ambiguous for those entries alone', async () => {
    const target = await targetOn(server);
    server.script = onWrites({
      does: 'refuse-entries',
      status: 500,
      entry: (url) => url === 'Basic/a',
    });
    assert.deepEqual(states(await target.write(three, signal)), [
      'ambiguous',
      'delivered',
      'delivered',
    ]);
  });

  test('a refusal carries the code of its outcome and no word of its text', async () => {
    const target = await targetOn(server, { bundles: 'batch' });
    const issue = (code: string) => ({
      resourceType: 'OperationOutcome',
      issue: [
        { severity: 'warning', code: 'informational' },
        { severity: 'error', code, diagnostics: 'Canary^Jane' },
      ],
    });
    for (const [code, told] of [
      ['invariant', 'refused-invariant'],
      ['Canary^Jane', 'refused-422'],
    ] as const) {
      const outcome = issue(code);
      server.script = onWrites({
        does: 'refuse-entries',
        status: 422,
        outcome,
        entry: (url) => url.startsWith('Basic/c'),
      });
      const both = [basic(`b-${told}`), basic(`c-${told}`)];
      const receipts = await target.write(both, signal);
      assert.deepEqual(codes(receipts), ['delivered', told]);
      assert.doesNotMatch(JSON.stringify(receipts), /Canary/);
    }
  });

  test('answers in another order are not taken for each other', async () => {
    const target = await targetOn(server, { bundles: 'batch' });
    await target.write([basic('a'), basic('b')], signal);
    server.script = ({ method }) =>
      method === 'POST' ? { does: 'swap-entries', commits: true } : undefined;
    await assert.rejects(target.fetch(three, 'body', signal), { code: 'target-unavailable' });
  });

  test('a Bundle refused for one entry is cut until that one stands alone', async () => {
    const target = await targetOn(server);
    const ids = 'abcdefgh'.split('');
    const eight = ids.map((id) => basic(id));
    server.script = ({ writes, body, path }) =>
      writes && (body.includes('Basic/e') || path === 'Basic/e')
        ? { does: 'answer', status: 400 }
        : undefined;
    const receipts = await target.write(eight, signal);
    assert.deepEqual(
      codes(receipts),
      ids.map((id) => (id === 'e' ? 'refused-400' : 'delivered')),
    );
    for (const { version } of server.resources.values()) assert.equal(version, 1);
  });

  const outcome = JSON.stringify({
    resourceType: 'OperationOutcome',
    issue: [{ severity: 'fatal', code: 'exception' }],
  });
  const failure = { does: 'answer', status: 500, body: outcome } as const;

  test('a resource that a server fails on is found, alone, and refused; the others arrive', async () => {
    const many = Array.from({ length: 40 }, (_, at) => basic(`m${at}`));
    for (const bundles of ['transaction', 'none']) {
      const target = await targetOn(server, { bundles, connections: 1 });
      server.resources.clear();
      server.script = ({ writes, body, path }) =>
        writes && (body.includes('"Basic/m7"') || path === 'Basic/m7') ? failure : undefined;
      let left: Write[] = many;
      const refusals: Receipt[] = [];
      for (let attempt = 0; attempt < 5 && left.length > 0; attempt++) {
        const receipts = await target.write(left, signal);
        refusals.push(...receipts.filter(({ state }) => state === 'refused'));
        left = left.filter((_, at) => receipts[at]?.state === 'ambiguous');
      }
      assert.deepEqual(refusals, [
        { type: 'Basic', id: 'm7', state: 'refused', code: 'refused-exception' },
      ]);
      assert.equal(server.resources.size, 39);
    }
  });

  test('a server that fails on everything is not taken for a fault of the resources', async () => {
    const clock = manualClock(new Date());
    const target = await targetOn(server, {}, { ...testServices, clock });
    server.script = onWrites(failure);
    for (let attempt = 0; attempt < 12; attempt++) {
      const receipts = await target.write(three, signal);
      assert.ok(receipts.every(({ state }) => state === 'ambiguous' || state === 'transient'));
      clock.advance(100_000);
    }
  });

  test('a Bundle that is too large is halved', async () => {
    const target = await targetOn(server);
    server.script = ({ writes, body }) =>
      writes && (body.match(/"method"/g) ?? []).length > 2
        ? { does: 'answer', status: 413 }
        : undefined;
    assert.deepEqual(
      states(await target.write(three, signal)),
      three.map(() => 'delivered'),
    );
  });

  test('a token that allows nothing holds no record: it is the token’s fault', async () => {
    const target = await targetOn(server);
    server.script = onWrites({ does: 'answer', status: 403 });
    assert.deepEqual(
      codes(await target.write(three, signal)),
      three.map(() => 'target-denied'),
    );
  });
});

describe('bytes', () => {
  test('digits and order of members arrive as they were sent', async () => {
    const target = await targetOn(server, { bundles: 'batch' });
    const digits = basic('digits', ',"n":1.10,"big":12345678901234567890,"x":1e2');
    await target.write([digits, basic('other')], signal);
    assert.ok(server.writes[0]?.body.includes(digits.body.toString()));
    const [back] = await target.fetch([digits], 'body', signal);
    assert.equal(
      back?.state === 'present' && back.body?.toString(),
      '{"big":12345678901234567890,"id":"digits","n":1.10,"resourceType":"Basic","x":1e2}',
    );
  });

  test('referents are written before what refers to them, circles in one Bundle', async () => {
    const target = await targetOn(server, { entries: 2 });
    const to = (...ids: string[]): string =>
      ids.map((id, at) => `,"r${at}":{"reference":"Basic/${id}"}`).join('');
    const writes = [
      basic('leaf', to('mid')),
      basic('mid', to('root')),
      basic('root', to('twin')),
      basic('twin', to('root')),
    ];
    await target.write(writes, signal);
    const order = server.writes.map(({ body, path }) =>
      [...`${body}${path}`.matchAll(/"url":"Basic\/(\w+)"|Basic\/(\w+)$/g)].map(
        (found) => found[1] ?? found[2],
      ),
    );
    assert.deepEqual(order, [['root', 'twin'], ['mid'], ['leaf']]);
  });
});

describe('R17 kind to the target', () => {
  test('429 with Retry-After is transient with the wait asked for, and nothing is sent meanwhile', async () => {
    const date = (): string => new Date(systemClock.now().getTime() + 2500).toUTCString();
    for (const ask of [() => '2', date]) {
      const target = await targetOn(server);
      const before = server.writes.length;
      server.script = onWrites({ does: 'answer', status: 429, headers: { 'retry-after': ask() } });
      const [first] = await target.write(three, signal);
      assert.equal(first?.state, 'transient');
      const waitMs = first?.state === 'transient' ? (first.retryAfterMs ?? 0) : 0;
      assert.ok(waitMs > 500 && waitMs <= 2500, String(waitMs));
      assert.equal(server.writes.length, before + 1);
      const started = performance.now();
      server.script = () => undefined;
      await target.fetch(three, 'head', signal);
      assert.ok(performance.now() - started > 500, 'the read waited too');
    }
  });

  test('a server that fails again and again is left alone for a while', async () => {
    const clock = manualClock(new Date());
    const target = await targetOn(server, { bundles: 'batch' }, { ...testServices, clock });
    server.script = onWrites({ does: 'answer', status: 500 });
    let sent = 0;
    for (let round = 0; round < 12; round++) {
      // Reads succeed and would close the breaker: the first write of each round follows one.
      await target.write([basic('x')], signal);
      sent = server.writes.length;
    }
    assert.equal(sent, 12);
    server.script = () => ({ does: 'answer', status: 500 });
    await assert.rejects(target.fetch(three, 'head', signal), { code: 'target-unavailable' });
    await assert.rejects(target.fetch(three, 'head', signal), { code: 'target-unavailable' });
    const heard = server.heard.length;
    const [resting] = await target.write([basic('y')], signal);
    assert.equal(resting?.state, 'transient');
    assert.ok(server.heard.length - heard <= 5);
  });

  test('no more requests at once than allowed', async () => {
    const target = await targetOn(server, { connections: 3, entries: 1 });
    const many = Array.from({ length: 60 }, (_, at) => basic(`m${at}`));
    const receipts = await Promise.all([
      target.write(many.slice(0, 30), signal),
      target.write(many.slice(30), signal),
    ]);
    assert.ok(receipts.flat().every(({ state }) => state === 'delivered'));
    assert.ok(server.busiest <= 3, String(server.busiest));
  });
});

describe('side effects', () => {
  const asked = {
    notifications: { header: 'X-Notify: off' },
    workflow: { tag: 'urn:example:load|no-workflow' },
    billing: { agreed: 'Meridian support, ticket 4711, until 1 March' },
  };

  test('the server is asked with every write and with no read, and what it was asked by is no difference', async () => {
    for (const bundles of ['transaction', 'none']) {
      server.resources.clear();
      server.heard.length = 0;
      const target = await targetOn(server, { bundles, sideEffects: asked });
      await target.write(three, signal);
      assert.ok(server.writes.length > 0);
      for (const { writes, headers } of server.heard) {
        assert.equal(headers['x-notify'], writes ? 'off' : undefined);
      }
      for (const { body } of server.resources.values()) {
        const { meta } = JSON.parse(canonicalJson(body)) as { meta?: unknown };
        assert.deepEqual(meta, { tag: [{ code: 'no-workflow', system: 'urn:example:load' }] });
      }
      const back = await target.fetch(three, 'body', signal);
      assert.deepEqual(
        back.map((one) => one.state === 'present' && one.body?.toString()),
        three.map(({ body }) => body.toString()),
      );
      const again = await target.write(three, signal);
      assert.ok(again.every((one) => one.state === 'delivered' && one.unchanged));
    }
  });

  test('what is no header, no tag, or a header of our own is told with its place', () => {
    const problems = (sideEffects: object) => {
      const parsed = fhirConnector.configuration.parse({ url: server.url, sideEffects });
      return 'problems' in parsed ? parsed.problems.map(({ path }) => path) : [];
    };
    assert.deepEqual(problems(asked), []);
    assert.deepEqual(problems({ alerts: { header: 'If-Match: W/"1"' } }), ['sideEffects']);
    assert.deepEqual(problems({ alerts: { header: 'no colon' } }), ['sideEffects.alerts.header']);
    assert.deepEqual(problems({ thunder: { agreed: 'yes' } }), ['sideEffects']);
  });
});
