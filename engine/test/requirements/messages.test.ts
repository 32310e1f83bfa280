/**
 * HL7 v2 messages as a source of a run: every message is accounted for, what several of them say of
 * one patient becomes one patient, and an older message never overwrites a newer one.
 */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import type { JsonObject } from '../../src/base/json.ts';
import { dispositionsOf } from '../../src/ledger/streams.ts';
import { listExceptions } from '../../src/ledger/exceptions.ts';
import { objects, texts } from '../../src/verification/concepts/elements.ts';
import { feedProject, type FeedProject } from './feedProject.ts';
import { chartOf } from './ownClinic.ts';
import { owned } from './owned.ts';
import { openWorkbench, type Workbench } from './workbench.ts';

const types = ['ADT', 'ORU', 'DFT', 'VXU', 'unreadable'];

async function feedBench(
  context: TestContext,
  options: Parameters<typeof openWorkbench>[1] = {},
): Promise<{ project: FeedProject; bench: Workbench }> {
  const project = owned(context, await feedProject('hl7v2', types));
  const bench = owned(context, await openWorkbench(project.opened, options));
  return { project, bench };
}

let control = 0;

/** A message of one sender; the segments behind MSH. */
function message(type: string, time: string, ...segments: string[]): string {
  const header = `MSH|^~\\&|REG|RIVER|CHART|RIVER|${time}||${type}|C${++control}|P|2.5.1`;
  return `${[header, ...segments].join('\r')}\r`;
}

function pid(more: { family?: string; born?: string; sex?: string; rest?: string } = {}): string {
  const { family = 'NUNEZ', born = '19741203', sex = 'F', rest = '' } = more;
  return `PID|1||1001^^^RIVER^MR||${family}^ANA||${born}|${sex}${rest}`;
}

const admission = (time: string, ...more: Parameters<typeof pid>): string =>
  message(
    'ADT^A01',
    time,
    `EVN|A01|${time}`,
    pid(...more),
    `PV1|1|I|W1^101^1^RIVER|||||||||||||||||V77^^^RIVER^VN${'|'.repeat(25)}202401050800`,
    'AL1|1|DA|7980^Penicillin^RXNORM|SV|Hives',
  );

const result = (
  time: string,
  value: string,
  status = 'F',
  ...more: Parameters<typeof pid>
): string =>
  message(
    'ORU^R01',
    time,
    pid(...more),
    `ORC|RE|P5^REG|F5^LAB`,
    `OBR|1|P5^REG|F5^LAB|2345-7^Glucose^LN|||${time}|||||||||||||||||||${status}`,
    `OBX|1|NM|2345-7^Glucose^LN||${value}|mg/dL^^UCUM|||||${status}|||${time}`,
  );

const charge = (time: string): string =>
  message(
    'DFT^P03',
    time,
    `EVN|P03|${time}`,
    pid(),
    `FT1|1|T9||${time.slice(0, 8)}||CG|99213^Visit^C4|||1|120.50&USD`,
  );

const vaccine = (time: string): string =>
  message(
    'VXU^V04',
    time,
    pid(),
    'ORC|RE||I3^REG',
    `RXA|0|1|${time.slice(0, 8)}||140^Influenza^CVX|999||||||||LOT1||||||CP`,
  );

async function patients(project: FeedProject): Promise<JsonObject[]> {
  return [...(await chartOf(project)).values()].filter((one) => one['resourceType'] === 'Patient');
}

async function ofType(project: FeedProject, type: string): Promise<JsonObject[]> {
  return [...(await chartOf(project)).values()].filter((one) => one['resourceType'] === type);
}

async function requireGreen(bench: Workbench, run: string): Promise<void> {
  assert.deepEqual(await bench.findings(run), []);
  const report = await bench.report(run);
  for (const { stream, balanced, waiting } of report.streams) {
    assert.ok(balanced && waiting === 0, `${stream} balances`);
  }
}

test('R04 R26 messages of several types become one chart, and everything balances', async (context) => {
  const { project, bench } = await feedBench(context, { records: 2, slices: 3 });
  const batch = ['FHS|^~\\&|REG', 'BHS|^~\\&|REG', ''].join('\r');
  await project.deliver({
    'adt/2024.hl7': `${batch}${admission('20240105080000')}${charge('20240106090000')}BTS|2\rFTS|1\r`,
    'lab/1.hl7': `\v${result('20240105100000', '5.40')}\x1c\r`,
    'lab/2.hl7': vaccine('20240107120000').replaceAll('\r', '\r\n'),
  });
  const { run, state, code } = await bench.run();
  assert.equal(state, 'finished', code ?? String(bench.errors[0]));
  await requireGreen(bench, run);
  const report = await bench.report(run);
  assert.deepEqual(
    report.streams.map(({ stream, read }) => [stream, read]),
    [
      ['feed.ADT', 1],
      ['feed.DFT', 1],
      ['feed.ORU', 1],
      ['feed.VXU', 1],
    ],
  );
  const [patient, ...others] = await patients(project);
  assert.deepEqual(others, []);
  assert.deepEqual(texts(patient ?? {}, 'birthDate'), ['1974-12-03']);
  const [observation] = await ofType(project, 'Observation');
  assert.deepEqual(texts(observation ?? {}, 'valueQuantity.value'), ['5.40']);
  const [item] = await ofType(project, 'ChargeItem');
  assert.deepEqual(texts(item ?? {}, 'priceOverride.value'), ['120.50']);
  const subject = `Patient/${texts(patient ?? {}, 'id').join()}`;
  assert.deepEqual(texts(item ?? {}, 'subject.reference'), [subject]);
});

test('a newer message updates, in the same run and in the next; an older one does not', async (context) => {
  const { project, bench } = await feedBench(context, { records: 1 });
  // The newer message stands first: the order of files says nothing.
  await project.deliver({
    '1.hl7': admission('20240201080000', { family: 'REYES', rest: '|||12 OAK ST^^AUSTIN^TX' }),
    '2.hl7': admission('20240105080000', { family: 'NUNEZ' }),
    '3.hl7': result('20240105100000', '5.4', 'P') + result('20240105120000', '5.6', 'C'),
    // A result says little of the patient: it takes nothing away.
    '4.hl7': result('20240301100000', '5.6', 'C', { family: 'REYES', born: '', sex: '' }),
  });
  const first = await bench.run();
  assert.equal(first.state, 'finished', first.code ?? String(bench.errors[0]));
  await requireGreen(bench, first.run);
  const standing = async (): Promise<unknown[]> => {
    const [patient, ...others] = await patients(project);
    assert.deepEqual(others, []);
    const [observation, ...more] = await ofType(project, 'Observation');
    assert.deepEqual(more, []);
    const of = (one: JsonObject | undefined, path: string): string => texts(one ?? {}, path).join();
    return [
      of(patient, 'name.family'),
      of(patient, 'birthDate'),
      of(patient, 'address.city'),
      of(observation, 'status'),
      of(observation, 'valueQuantity.value'),
    ];
  };
  assert.deepEqual(await standing(), ['REYES', '1974-12-03', 'AUSTIN', 'corrected', '5.6']);

  // A late copy of what is known better, and news of the address alone.
  await project.deliver({
    'late.hl7':
      admission('20240110080000', { family: 'NUNES', sex: 'U' }) + result('20240105090000', '9.9'),
    'news.hl7': admission('20240401080000', {
      family: 'REYES',
      born: '',
      sex: '',
      rest: '|||7 ELM ST^^WACO^TX',
    }),
  });
  const second = await bench.run();
  assert.equal(second.state, 'finished', second.code ?? String(bench.errors[0]));
  await requireGreen(bench, second.run);
  assert.deepEqual(await standing(), ['REYES', '1974-12-03', 'WACO', 'corrected', '5.6']);
  const [patient] = await patients(project);
  assert.deepEqual(texts(patient ?? {}, 'gender'), ['female']);
});

test('R11 broken pieces are held with their reason, and a message sent twice is one', async (context) => {
  const { project, bench } = await feedBench(context);
  const once = admission('20240105080000');
  await project.deliver({
    'a.hl7': `PID|1||stray\r${once}`,
    'b.hl7': once + result('20240105100000', '5.4'),
    'notes.txt': 'this is no message',
    'marks.hl7': admission('20240107080000').replace('MSH|^~', 'MSH|^^'),
    'odd.hl7': message('', '20240105080000', pid()),
    'when.hl7': result('20241399', '5.4').replaceAll('P5', 'P6'),
  });
  const { run, state, code } = await bench.run();
  assert.equal(state, 'finished', code ?? String(bench.errors[0]));
  await requireGreen(bench, run);
  // What waited for its referent has been loaded since.
  const all = await listExceptions(bench.database, run, {});
  const held = all.filter(({ kind }) => kind !== 'waiting');
  assert.deepEqual(held.map((one) => `${one.key.stream} ${one.kind} ${one.code}`).toSorted(), [
    'feed.ADT excluded record-repeated',
    'feed.ADT quarantined delimiters-unusable',
    'feed.ORU quarantined date-unreadable',
    'feed.unreadable quarantined hl7v2-no-message',
    'feed.unreadable quarantined hl7v2-no-message',
    'feed.unreadable quarantined hl7v2-type-missing',
  ]);
  assert.equal((await patients(project)).length, 1);
});

test('R26 a message type that nobody decided on ends the run before anything is written', async (context) => {
  const { project, bench } = await feedBench(context);
  await project.deliver({
    'a.hl7': admission('20240105080000') + message('SIU^S12', '20240105080000', pid()),
  });
  const { run, state, code } = await bench.run();
  assert.equal(state, 'failed');
  assert.equal(code, 'disposition-missing');
  const undecided = (await dispositionsOf(bench.database, run)).filter(
    ({ fate }) => fate === 'undecided',
  );
  assert.deepEqual(
    undecided.map(({ stream, item, populated }) => [stream, item, populated]),
    [['feed.SIU', '', 1]],
  );
  assert.equal((await chartOf(project)).size, 0);
});

test('a merge is carried: the former record is replaced by the one that stays', async (context) => {
  const { project, bench } = await feedBench(context);
  await project.deliver({
    'a.hl7': admission('20240105080000'),
    'b.hl7': admission('20240105090000').replaceAll('1001^', '1002^'),
    'c.hl7': message('ADT^A40', '20240301080000', pid(), 'MRG|1002^^^RIVER^MR'),
  });
  const { run, state, code } = await bench.run();
  assert.equal(state, 'finished', code ?? String(bench.errors[0]));
  await requireGreen(bench, run);
  const found = await patients(project);
  assert.equal(found.length, 2);
  const former = found.find((one) => one['active'] === false);
  assert.deepEqual(texts(former ?? {}, 'link.type'), ['replaced-by']);
  const [survivor] = found.filter((one) => one !== former);
  assert.deepEqual(texts(survivor ?? {}, 'link.type'), ['replaces']);
  assert.equal(objects(former ?? {}, 'identifier').length, 1);
});

test('a null deletes what was told before, in the chart and in the facts', async (context) => {
  const { project, bench } = await feedBench(context, { records: 1 });
  const rest = '|||12 OAK ST^^AUSTIN^TX||555-1|555-2|||||457-55-5462';
  await project.deliver({ '1.hl7': admission('20240105080000', { rest }) });
  const first = await bench.run();
  assert.equal(first.state, 'finished', first.code ?? String(bench.errors[0]));
  await requireGreen(bench, first.run);
  const standing = async (): Promise<unknown> => {
    const [one] = await patients(project);
    const of = (path: string): string => texts(one ?? {}, path).join();
    return [of('gender'), of('birthDate'), of('telecom.value'), of('identifier.value')];
  };
  assert.deepEqual(await standing(), ['female', '1974-12-03', '555-1,555-2', '1001,457-55-5462']);

  // Newer by its time, and delivered with the older one, which takes nothing of it back.
  await project.deliver({
    '1.hl7': message(
      'ADT^A08',
      '20240301080000',
      pid({ born: '""', sex: '""', rest: '|||||""||||||""' }),
    ),
    '2.hl7': admission('20240201080000', { rest }),
  });
  const second = await bench.run();
  assert.equal(second.state, 'finished', second.code ?? String(bench.errors[0]));
  await requireGreen(bench, second.run);
  assert.deepEqual(await standing(), ['', '', '555-2', '1001']);
});

test('R04 a batch that counts other than came, and a status or character set nobody knows, are held', async (context) => {
  const { project, bench } = await feedBench(context);
  const foreign = result('20240105100000', '5.4', 'F', { family: 'NU\xd1EZ' });
  await project.deliver({
    '1.hl7': `BHS|^~\\&|REG\r${admission('20240105080000')}BTS|2\r`,
    '1a.hl7': `BHS|^~\\&|REG\r${admission('20240106080000')}`,
    '2.hl7': result('20240105100000', '5.4', 'final'),
    '3.hl7': Buffer.from(foreign.replace('|P|2.5.1', '|P|2.5.1||||||KLINGON'), 'latin1'),
    '4.hl7': Buffer.from(foreign.replace('|P|2.5.1', '|P|2.5.1||||||UNICODE UTF-8'), 'latin1'),
  });
  const { run, state, code } = await bench.run();
  assert.equal(state, 'finished', code ?? String(bench.errors[0]));
  await requireGreen(bench, run);
  const held = await listExceptions(bench.database, run, { kind: 'quarantined' });
  assert.deepEqual(held.map((one) => `${one.key.stream} ${one.code} ${one.path}`).toSorted(), [
    'feed.ORU charset-broken MSH-18',
    'feed.ORU charset-unknown MSH-18',
    'feed.ORU status-unknown OBX-11',
    'feed.unreadable hl7v2-batch-count BTS-1',
    'feed.unreadable hl7v2-batch-unended BHS',
  ]);
});
