import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { canonicalJson, toJson } from '../../base/json.ts';
import type {
  Creations,
  Receipt,
  Stored,
  Target,
  TargetCapabilities,
  Write,
} from '../../model/target.ts';
import { packItems } from '../../staging/packedItems.ts';

/** A target made for one suite, empty at first, and how to be rid of it. */
export interface TargetUnderTest {
  target: Target;
  capabilities: TargetCapabilities;
  /** The keyed digest that the target was given. */
  digest(data: Uint8Array): string;
  /** It knows FHIR and keeps nothing else: no empty text, no control character, no other element. */
  onlyFhir?: true;
  dispose(): Promise<void>;
}

/** Tests that an implementation cannot pass, by name, and why. */
export interface Skip {
  reason: string;
  tests: readonly string[];
}

/**
 * What every Target must do (model/target.ts). Each test writes resources of its own and leaves
 * them there; ids are the test's.
 */
export function targetConformance(
  name: string,
  make: () => Promise<TargetUnderTest>,
  skips: readonly Skip[] = [],
): void {
  const skip = (title: string): { skip: string | false } => ({
    skip: skips.find(({ tests }) => tests.includes(title))?.reason ?? false,
  });
  describe(`target conformance: ${name}`, () => {
    let world: TargetUnderTest;
    before(async () => {
      world = await make();
      await world.target.open(signal());
    });
    after(async () => {
      await world.target.close();
      await world.target.close();
      await world.dispose();
    });
    for (const [title, run] of Object.entries(cases)) {
      test(title, skip(title), () => run(world));
    }
  });
}

type Case = (world: TargetUnderTest) => Promise<void>;

const cases: Readonly<Record<string, Case>> = {
  async 'receipts come one per write, in the order of the writes'(world) {
    const { target } = world;
    const writes = ['o3', 'o1', 'o2'].map((id) => put(id, 'first'));
    const receipts = await target.write(writes, signal());
    assert.deepEqual(
      receipts,
      writes.map(({ id, body }) => ({
        type: 'Basic',
        id,
        state: 'delivered',
        version: 1,
        digest: world.digest(body),
        unchanged: false,
      })),
    );
  },

  async 'an empty batch has no receipts'({ target }) {
    assert.deepEqual(await target.write([], signal()), []);
  },

  async 'a repeated put of the same digest changes nothing'({ target }) {
    await target.write([put('same', 'text', 0)], signal());
    const again = await target.write([put('same', 'text', 0)], signal());
    assertDelivered(again[0], 1, true);
    assertDelivered((await target.write([put('same', 'text')], signal()))[0], 1, true);
  },

  async 'what is created all at once is as if it had been written one by one'(world) {
    const { target } = world;
    if (target.create === undefined) return;
    const writes = Array.from({ length: 600 }, (_, at) => put(`n${at}`, `new ${at}`));
    const intend = async (): Promise<boolean> => {
      assert.deepEqual(await statesOf(target, ['n0', 'n599']), ['absent', 'absent']);
      return true;
    };
    assert.equal(await target.create(creationsOf(world, writes), intend, signal()), true);
    for (const { id, body } of writes) assert.deepEqual(await bodyOf(target, id), body);
    const again = await target.write(writes, signal());
    assert.deepEqual(new Set(again.map(unchangedOf)), new Set([true]));
    for (const receipt of again) assertDelivered(receipt, 1, true);
  },

  async 'where one cannot be created none is, and each can still be written'(world) {
    const { target, capabilities } = world;
    if (target.create === undefined) return;
    await target.write([put('there', 'theirs'), put('went', 'theirs')], signal());
    if (capabilities.remove) await target.write([remove('went')], signal());
    const few = [put('nn1', 'x'), put('nn2', 'x')];
    const badly = { ...put('nn3', 'x'), body: put('another', 'x').body };
    const many = Array.from({ length: 600 }, (_, at) => put(`nm${at}`, 'x'));
    for (const one of [put('there', 'ours'), put('went', 'ours'), put('nn1', 'x'), badly]) {
      for (const rest of [few, [...few, ...many]]) {
        const all = creationsOf(world, [...rest, one]);
        assert.equal(await target.create(all, neverAsked, signal()), false);
      }
    }
    const ids = [...few, ...many, badly].map(({ id }) => id);
    assert.deepEqual(new Set(await statesOf(target, ids)), new Set(['absent']));
    assert.deepEqual(await bodyOf(target, 'there'), put('there', 'theirs').body);
    assertDelivered((await target.write(few, signal()))[0], 1, false);
  },

  async 'what is not intended after all is not created'(world) {
    const { target } = world;
    if (target.create === undefined) return;
    const writes = ['ni1', 'ni2'].map((id) => put(id, 'x'));
    const all = creationsOf(world, writes);
    assert.equal(await target.create(all, async () => false, signal()), false);
    assert.deepEqual(await statesOf(target, ['ni1', 'ni2']), ['absent', 'absent']);
    assert.equal(await target.create(all, async () => true, signal()), true);
  },

  async 'a repeated batch with one new resource delivers that one'({ target }) {
    const first = ['r1', 'r2', 'r3'].map((id) => put(id, 'x', 0));
    await target.write(first, signal());
    const again = await target.write([...first, put('r4', 'x', 0)], signal());
    assert.deepEqual(again.map(unchangedOf), [true, true, true, false]);
  },

  async 'another body makes the next version'({ target }) {
    await target.write([put('next', 'one')], signal());
    assertDelivered((await target.write([put('next', 'two')], signal()))[0], 2, false);
    assert.deepEqual(await bodyOf(target, 'next'), put('next', 'two').body);
  },

  async 'ifVersion refuses what somebody else has written'({ target }) {
    await target.write([put('if', 'one', 0)], signal());
    const refusals = await target.write([put('if', 'other', 0)], signal());
    assert.deepEqual(refusals, [refusedAs('if', 'version-differs')]);
    assert.deepEqual(await target.write([put('if', 'two', 7)], signal()), [
      refusedAs('if', 'version-differs'),
    ]);
    assertDelivered((await target.write([put('if', 'two', 1)], signal()))[0], 2, false);
  },

  async 'a refused write leaves the others of its batch alone'({ target }) {
    await target.write([put('b1', 'one')], signal());
    const receipts = await target.write(
      [put('b0', 'new', 0), put('b1', 'other', 0), put('b2', 'new', 0)],
      signal(),
    );
    assert.deepEqual(
      receipts.map(({ state }) => state),
      ['delivered', 'refused', 'delivered'],
    );
    assert.deepEqual(await statesOf(target, ['b0', 'b1', 'b2']), ['present', 'present', 'present']);
    assert.deepEqual(await bodyOf(target, 'b1'), put('b1', 'one').body);
  },

  async 'a body that is not the resource is refused'({ target }) {
    const wrong: Write = { ...put('wrong', 'x'), id: 'other' };
    assert.deepEqual(await target.write([wrong], signal()), [refusedAs('other', 'body-invalid')]);
    assert.deepEqual(await statesOf(target, ['other']), ['absent']);
  },

  async 'one resource may be written several times in a batch'({ target }) {
    const receipts = await target.write(
      [put('twice', 'one', 0), put('twice', 'two', 1), remove('twice', 2), put('twice', 'three')],
      signal(),
    );
    assert.deepEqual(receipts.map(versionOf), [1, 2, 3, 4]);
    assert.deepEqual(await bodyOf(target, 'twice'), put('twice', 'three').body);
  },

  async 'a removed one is an answer, and removing it again changes nothing'({ target }) {
    await target.write([put('gone', 'one')], signal());
    assertDelivered((await target.write([remove('gone', 1)], signal()))[0], 2, false);
    assertDelivered((await target.write([remove('gone', 1)], signal()))[0], 2, true);
    assert.deepEqual(await target.fetch([{ type: 'Basic', id: 'gone' }], 'body', signal()), [
      { type: 'Basic', id: 'gone', state: 'removed', version: 2 },
    ]);
  },

  async 'removing what never was changes nothing'({ target }) {
    assertDelivered((await target.write([remove('never')], signal()))[0], 0, true);
    assert.deepEqual(await statesOf(target, ['never']), ['absent']);
  },

  async 'a removal is a version: 0 does not fit it, its number does'({ target }) {
    await target.write([put('back', 'one'), remove('back')], signal());
    assert.deepEqual(await target.write([put('back', 'one', 0)], signal()), [
      refusedAs('back', 'version-differs'),
    ]);
    assertDelivered((await target.write([put('back', 'one', 2)], signal()))[0], 3, false);
  },

  async 'fetch answers every id in order, absent ones too'(world) {
    const { target } = world;
    const body = put('f1', 'text').body;
    await target.write([put('f1', 'text')], signal());
    const ids = ['f0', 'f1', 'f2'].map((id) => ({ type: 'Basic', id }));
    const present = {
      type: 'Basic',
      id: 'f1',
      state: 'present',
      version: 1,
      digest: world.digest(body),
    };
    const absent = (id: string): Stored => ({ type: 'Basic', id, state: 'absent' });
    assert.deepEqual(await target.fetch(ids, 'head', signal()), [
      absent('f0'),
      present,
      absent('f2'),
    ]);
    const withBody = await target.fetch(ids, 'body', signal());
    assert.deepEqual(withBody, [absent('f0'), { ...present, body }, absent('f2')]);
    assert.deepEqual(await target.fetch([], 'body', signal()), []);
  },

  async 'the same id may be asked for twice, and stands apart under another type'({ target }) {
    await target.write([put('t', 'x')], signal());
    const stored = await target.fetch(
      [
        { type: 'Basic', id: 't' },
        { type: 'Basic', id: 't' },
        { type: 'Patient', id: 't' },
      ],
      'head',
      signal(),
    );
    assert.deepEqual(
      stored.map(({ state }) => state),
      ['present', 'present', 'absent'],
    );
  },

  async 'present tells what fetch tells, where a target has it'({ target }) {
    await target.write([put('p1', 'x'), put('p2', 'x'), remove('p2')], signal());
    const ids = [
      ...['p0', 'p1', 'p2', 'p1', 'not an id'].map((id) => ({ type: 'Basic', id })),
      { type: 'Patient', id: 'p1' },
    ];
    const answers = (await target.present?.(ids, signal())) ?? [];
    const expected = target.present ? [false, true, false, true, false, false] : [];
    assert.deepEqual(answers, expected);
    assert.deepEqual((await target.present?.([], signal())) ?? [], []);
  },

  async 'bytes come back as they were written'({ target, onlyFhir = false }) {
    for (const [id, text] of Object.entries(onlyFhir ? legalTexts : hardTexts)) {
      await target.write([put(id, text)], signal());
      assert.deepEqual(await bodyOf(target, id), put(id, text).body);
    }
    const digits = onlyFhir ? legalDigits : hardDigits;
    await target.write([{ kind: 'put', type: 'Basic', id: 'digits', body: digits }], signal());
    assert.deepEqual(await bodyOf(target, 'digits'), digits);
  },

  async 'scan gives everything present once, in one order, and goes on after a cursor'({ target }) {
    const many = Array.from({ length: 700 }, (_, at) => put(`s${at}`, 'x'));
    await target.write(many, signal());
    await target.write([remove('s5'), put('s6', 'changed')], signal());
    const all: string[] = [];
    const cursors: string[] = [];
    for await (const batch of target.scan(undefined, signal())) {
      all.push(...batch.resources.map(({ type, id }) => `${type}/${id}`));
      cursors.push(batch.cursor);
    }
    assert.equal(new Set(all).size, all.length);
    const ours = all.filter((key) => /^Basic\/s\d+$/.test(key));
    assert.deepEqual(
      ours.toSorted(),
      many
        .map(({ id }) => `Basic/${id}`)
        .filter((key) => key !== 'Basic/s5')
        .toSorted(),
    );
    const again: string[] = [];
    for await (const batch of target.scan(undefined, signal())) {
      again.push(...batch.resources.map(({ type, id }) => `${type}/${id}`));
    }
    assert.deepEqual(again, all);
    for (const cursor of cursors) {
      const rest: string[] = [];
      for await (const batch of target.scan(cursor, signal())) {
        rest.push(...batch.resources.map(({ type, id }) => `${type}/${id}`));
      }
      assert.deepEqual(rest, all.slice(all.length - rest.length));
    }
  },

  async 'revert brings the earlier version back exactly'({ target, capabilities }) {
    if (capabilities.revert !== true) return;
    await target.write([put('rv', 'one'), put('rv', 'two'), remove('rv')], signal());
    const first = put('rv', 'one').body;
    assertDelivered((await target.write([revert('rv', 3)], signal()))[0], 2, false);
    assert.deepEqual(await bodyOf(target, 'rv'), put('rv', 'two').body);
    assertDelivered((await target.write([revert('rv', 2)], signal()))[0], 1, false);
    assert.deepEqual(await bodyOf(target, 'rv'), first);
    assertDelivered((await target.write([revert('rv', 1)], signal()))[0], 0, false);
    assert.deepEqual(await statesOf(target, ['rv']), ['absent']);
    assertDelivered((await target.write([put('rv', 'new', 0)], signal()))[0], 1, false);
  },

  async 'a repeated revert changes nothing; one that is overtaken is refused'({
    target,
    capabilities,
  }) {
    if (capabilities.revert !== true) return;
    await target.write([put('rr', 'one'), put('rr', 'two')], signal());
    await target.write([revert('rr', 2)], signal());
    assertDelivered((await target.write([revert('rr', 2)], signal()))[0], 1, true);
    await target.write([put('rr', 'two'), put('rr', 'three')], signal());
    assert.deepEqual(await target.write([revert('rr', 2)], signal()), [
      refusedAs('rr', 'version-differs'),
    ]);
  },

  async 'reverting half of a batch leaves the other half readable'({ target, capabilities }) {
    if (capabilities.revert !== true) return;
    const many = Array.from({ length: 40 }, (_, at) => put(`h${at}`, `text ${at}`, 0));
    await target.write(many, signal());
    const odd = many.filter((_, at) => at % 2 === 1);
    await target.write(
      odd.map(({ id }) => revert(id, 1)),
      signal(),
    );
    for (const [at, { id, body }] of many.entries()) {
      if (at % 2 === 1) assert.deepEqual(await statesOf(target, [id]), ['absent']);
      else assert.deepEqual(await bodyOf(target, id), body);
    }
  },

  async 'a revert by a new version puts back what stood there, or removes'({
    target,
    capabilities,
  }) {
    if (capabilities.revert !== 'new version') return;
    await target.write([put('nv', 'one'), put('nv', 'two'), put('nw', 'new', 0)], signal());
    const { body: former } = put('nv', 'one');
    const back: Write[] = [{ ...revert('nv', 2), before: former }, revert('nw', 1)];
    assert.deepEqual((await target.write(back, signal())).map(unchangedOf), [false, false]);
    assert.deepEqual(await bodyOf(target, 'nv'), former);
    assert.deepEqual(await statesOf(target, ['nw']), ['removed']);
    assert.deepEqual((await target.write(back, signal())).map(unchangedOf), [true, true]);
    await target.write([put('nv', 'theirs')], signal());
    assert.deepEqual(await target.write([{ ...revert('nv', 2), before: former }], signal()), [
      refusedAs('nv', 'version-differs'),
    ]);
  },

  async 'writers at once on the same resources end with one version of each write'({ target }) {
    const ids = Array.from({ length: 50 }, (_, at) => `c${at}`);
    const batches = ['a', 'b', 'c'].map((text) =>
      target.write(
        text === 'b'
          ? ids.toReversed().map((id) => put(id, text, 0))
          : ids.map((id) => put(id, text, 0)),
        signal(),
      ),
    );
    const receipts = (await Promise.all(batches)).flat();
    for (const id of ids) {
      const states = receipts.filter((receipt) => receipt.id === id).map(({ state }) => state);
      assert.deepEqual(states.toSorted(), ['delivered', 'refused', 'refused']);
    }
  },

  async 'an aborted signal is thrown and nothing is written'({ target }) {
    await assert.rejects(target.write([put('abort', 'x')], AbortSignal.abort(new Error('stop'))));
    assert.deepEqual(await statesOf(target, ['abort']), ['absent']);
  },
};

const legalTexts: Readonly<Record<string, string>> = {
  unicode: 'Žofia 漢字 🩺 e\u0301 \u202e',
  long: 'longer than a block holds '.repeat(20_000).trimEnd(),
};

/** Texts that storage, compression or a database might change. */
const hardTexts: Readonly<Record<string, string>> = {
  ...legalTexts,
  control: '\u0000\u0001\t\r\n"\\/',
  empty: '',
};

const hardDigits = Buffer.from('{"id":"digits","n":1.10,"resourceType":"Basic","x":1e2}');
const legalDigits = Buffer.from(
  '{"extension":[{"url":"urn:example:n","valueDecimal":1.10}],"id":"digits","resourceType":"Basic"}',
);

function put(id: string, text: string, ifVersion?: number): Write & { kind: 'put' } {
  const body = { resourceType: 'Basic', id, code: { text } };
  const write = {
    kind: 'put',
    type: 'Basic',
    id,
    body: Buffer.from(canonicalJson(toJson(body))),
  } as const;
  return ifVersion === undefined ? write : { ...write, ifVersion };
}

/** Where one exists there is nothing to intend. */
function neverAsked(): Promise<boolean> {
  throw new Error('an intent was asked for where not all can be created');
}

function creationsOf(
  { digest }: Pick<TargetUnderTest, 'digest'>,
  writes: readonly (Write & { kind: 'put' })[],
): Creations {
  return {
    types: ['Basic'],
    typeOf: new Uint8Array(writes.length),
    ids: writes.map(({ id }) => id),
    digests: Buffer.concat(writes.map(({ body }) => Buffer.from(digest(body), 'hex'))),
    ...packItems(writes.map(({ body }) => body)),
  };
}

function remove(id: string, ifVersion?: number): Write {
  const write = { kind: 'remove', type: 'Basic', id } as const;
  return ifVersion === undefined ? write : { ...write, ifVersion };
}

function revert(id: string, ifVersion: number): Write & { kind: 'revert' } {
  return { kind: 'revert', type: 'Basic', id, ifVersion };
}

function signal(): AbortSignal {
  return new AbortController().signal;
}

function refusedAs(id: string, code: string): Receipt {
  return { type: 'Basic', id, state: 'refused', code };
}

function assertDelivered(receipt: Receipt | undefined, version: number, unchanged: boolean): void {
  assert.equal(receipt?.state, 'delivered');
  assert.equal(versionOf(receipt as Receipt), version);
  assert.equal(unchangedOf(receipt as Receipt), unchanged);
}

function versionOf(receipt: Receipt): number | undefined {
  return receipt.state === 'delivered' ? receipt.version : undefined;
}

function unchangedOf(receipt: Receipt): boolean | undefined {
  return receipt.state === 'delivered' ? receipt.unchanged : undefined;
}

async function statesOf(target: Target, ids: readonly string[]): Promise<string[]> {
  const stored = await target.fetch(
    ids.map((id) => ({ type: 'Basic', id })),
    'head',
    signal(),
  );
  return stored.map(({ state }) => state);
}

async function bodyOf(target: Target, id: string): Promise<Buffer | undefined> {
  const [stored] = await target.fetch([{ type: 'Basic', id }], 'body', signal());
  return stored?.state === 'present' ? stored.body : undefined;
}
