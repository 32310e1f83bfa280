import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { encodeBase32 } from '../../base/base32.ts';
import { sha256 } from '../../base/digest.ts';
import type { Receipt, Target, Write } from '../../model/target.ts';
import { memoryIds, ScriptedServer, targetOn, testServices } from './testing.ts';

/** A server that gives ids of its own: what is written there leads where it should. */
let server: ScriptedServer;

beforeEach(async () => {
  server = await ScriptedServer.start();
  server.giveIds();
});
afterEach(() => server.close());

const { signal } = new AbortController();

function target(settings: Record<string, unknown> = {}): Promise<Target> {
  const givenIds = memoryIds();
  return targetOn(server, { ids: 'server', ...settings }, { ...testServices, givenIds });
}

type Put = Write & { kind: 'put' };

/** An id of the form that Handover gives. */
function idOf(name: string): string {
  return encodeBase32(sha256(name).subarray(0, 16));
}

function put(type: string, name: string, members: object): Put {
  const resource = { ...members, id: idOf(name), resourceType: type };
  const sorted = Object.fromEntries(
    Object.entries(resource).toSorted(([a], [b]) => (a < b ? -1 : 1)),
  );
  return { kind: 'put', type, id: idOf(name), body: Buffer.from(JSON.stringify(sorted)) };
}

const scan = put('Binary', 'scan', { contentType: 'image/tiff', data: 'SUkqAA==' });

/** A DocumentReference of the scan; `more` are members of its own. */
function index(more: object = {}): Put {
  const content = [{ attachment: { url: `Binary/${scan.id}` } }];
  return put('DocumentReference', 'index', { content, status: 'current', ...more });
}

function codes(receipts: readonly Receipt[]): string[] {
  return receipts.map((one) => ('code' in one ? one.code : one.state));
}

/** What the server has of a type, removed ones left out. */
function kept(type: string): { name: string; body: Record<string, unknown> }[] {
  return [...server.resources]
    .filter(([name, { removed }]) => name.startsWith(`${type}/`) && removed !== true)
    .map(([name, { body }]) => ({ name, body }));
}

/** Bodies as the target gives them, under our ids. */
async function readBack(from: Target, writes: readonly Put[]): Promise<(string | undefined)[]> {
  const stored = await from.fetch(writes, 'body', signal);
  return stored.map((one) => (one.state === 'present' ? one.body?.toString() : one.state));
}

describe('links of a resource', () => {
  test('an Attachment.url leads to the Binary under the id that the server gave, and is read back as ours', async () => {
    const chart = await target();
    const writes = [index(), scan];
    assert.deepEqual(codes(await chart.write(writes, signal)), ['delivered', 'delivered']);
    const [binary] = kept('Binary');
    const [document] = kept('DocumentReference');
    const content = JSON.stringify(document?.body['content']);
    assert.equal(content, JSON.stringify([{ attachment: { url: binary?.name } }]));
    assert.deepEqual(
      await readBack(chart, writes),
      writes.map(({ body }) => body.toString()),
    );
  });

  test('addresses inside extensions, contained resources and lists are exchanged too, with what follows them', async () => {
    const chart = await target();
    const document = index({
      contained: [
        {
          questionnaire: `Binary/${scan.id}|2`,
          resourceType: 'QuestionnaireResponse',
          status: 'completed',
        },
      ],
      extension: [{ url: 'urn:example:copy', valueUrl: `Binary/${scan.id}` }],
    });
    await chart.write([scan, document], signal);
    const [binary] = kept('Binary');
    const text = JSON.stringify(kept('DocumentReference')[0]?.body);
    assert.ok(text.includes(`"questionnaire":"${binary?.name}|2"`), text);
    assert.ok(text.includes(`"valueUrl":"${binary?.name}"`), text);
    assert.deepEqual(await readBack(chart, [document]), [document.body.toString()]);
  });

  test('what looks like an address of the server in a text is left as it is', async () => {
    const chart = await target();
    await chart.write([scan], signal);
    const named = kept('Binary')[0]?.name;
    const document = index({
      description: named,
      extension: [{ url: 'urn:x', valueString: named }],
    });
    await chart.write([document], signal);
    assert.deepEqual(await readBack(chart, [document]), [document.body.toString()]);
  });

  test('an address that leads to nothing is refused by its reference', async () => {
    const chart = await target();
    assert.deepEqual(codes(await chart.write([index()], signal)), ['reference-unresolved']);
    assert.deepEqual(kept('DocumentReference'), []);
  });

  test('an id of ours where no link can be exchanged is refused, and told apart', async () => {
    const chart = await target();
    const own = `Binary/${scan.id}`;
    const div = `<div xmlns="http://www.w3.org/1999/xhtml"><a href="${own}">scan</a></div>`;
    const misplaced = [
      index({ text: { status: 'generated', div } }),
      index({ description: `see ${own}` }),
      index({ subject: { reference: `${own}/_history/1` } }),
    ];
    await chart.write([scan], signal);
    for (const one of misplaced) {
      assert.deepEqual(codes(await chart.write([one], signal)), ['reference-misplaced']);
    }
    assert.deepEqual(kept('DocumentReference'), []);
  });
});

/** A DocumentReference that leads to its Binary by an address, and the Binary back by a reference. */
const circle = [
  put('Binary', 'scan', {
    contentType: 'image/tiff',
    data: 'SUkqAA==',
    securityContext: { reference: `DocumentReference/${idOf('index')}` },
  }),
  index(),
];

describe('circles', () => {
  for (const bundles of ['transaction', 'batch', 'none']) {
    test(`a circle that is closed by an address arrives whole, bundles: ${bundles}`, async () => {
      const chart = await target({ bundles });
      assert.deepEqual(codes(await chart.write(circle, signal)), ['delivered', 'delivered']);
      assert.deepEqual(
        await readBack(chart, circle),
        circle.map(({ body }) => body.toString()),
      );
    });
  }

  /** So many writes go through, and all later ones meet a server that is down. */
  function downAfter(writes: number): void {
    let sent = 0;
    server.script = ({ writes: is }) =>
      is && ++sent > writes
        ? { does: 'answer', status: 503, headers: { 'retry-after': '0' } }
        : undefined;
  }

  test('a part of a circle that was broken off is told, is seen by a scan, and can be removed', async () => {
    const chart = await target({ bundles: 'none' });
    downAfter(1);
    const receipts = await chart.write(circle, signal);
    assert.ok(receipts.every(({ state }) => state === 'transient'));
    server.script = () => undefined;
    const [part] = await chart.fetch(circle, 'head', signal);
    assert.deepEqual(part, { type: 'Binary', id: scan.id, state: 'absent', partly: true });
    const seen: string[] = [];
    for await (const { resources } of chart.scan(undefined, signal)) {
      seen.push(...resources.map(({ type, id }) => `${type}/${id}`));
    }
    assert.deepEqual(seen, [`Binary/${scan.id}`]);
    const removal = { kind: 'remove', type: 'Binary', id: scan.id } as const;
    assert.deepEqual(codes(await chart.write([removal], signal)), ['delivered']);
    assert.deepEqual(kept('Binary'), []);
  });

  test('one of a circle is refused once it has its links: nothing of the circle stays', async () => {
    const chart = await target({ bundles: 'none' });
    server.script = ({ method, path, body }) =>
      method === 'PUT' && path.startsWith('Binary/') && body.includes('"reference":')
        ? { does: 'answer', status: 422 }
        : undefined;
    const receipts = await chart.write(circle, signal);
    assert.deepEqual(codes(receipts), ['refused-422', 'reference-unresolved']);
    assert.deepEqual([...kept('Binary'), ...kept('DocumentReference')], []);
  });
});
