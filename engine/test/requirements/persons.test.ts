/**
 * One patient, one chart, in a run: two systems that know some of the same people, and messages that
 * join two numbers.
 */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import type { JsonObject } from '../../src/base/json.ts';
import { objects, texts } from '../../src/verification/concepts/elements.ts';
import { chartOf, textsOf } from './ownClinic.ts';
import { feedProject, type FeedProject } from './feedProject.ts';
import { owned } from './owned.ts';
import { openWorkbench, type Workbench } from './workbench.ts';

let control = 0;

interface Someone {
  number: string;
  family: string;
  given: string;
  born: string;
  sex?: string;
  ssn?: string;
  street?: string;
  phone?: string;
}

function admission(one: Someone, authority: string, time = '20240105080000'): string {
  const { number, family, given, born, sex = 'F', ssn = '', street = '', phone = '' } = one;
  return [
    `MSH|^~\\&|REG|${authority}|CHART|${authority}|${time}||ADT^A01|C${++control}|P|2.5.1`,
    `EVN|A01|${time}`,
    `PID|1||${number}^^^${authority}^MR||${family}^${given}||${born}|${sex}|||${street}^^RIVERSIDE^IL^60546||${phone}||||||${ssn}`,
    `PV1|1|I|W1^101^1^${authority}|||||||||||||||||V${number}^^^${authority}^VN${'|'.repeat(25)}${time.slice(0, 12)}`,
    '',
  ].join('\r');
}

function merge(survivor: Someone, former: string, authority: string, time: string): string {
  const { number, family, given, born, sex = 'F' } = survivor;
  return [
    `MSH|^~\\&|REG|${authority}|CHART|${authority}|${time}||ADT^A40|C${++control}|P|2.5.1`,
    `EVN|A40|${time}`,
    `PID|1||${number}^^^${authority}^MR||${family}^${given}||${born}|${sex}`,
    `MRG|${former}^^^${authority}^MR`,
    '',
  ].join('\r');
}

const ana: Someone = {
  number: '1001',
  family: 'NUNEZ',
  given: 'ANA',
  born: '19741203',
  ssn: '078051120',
  street: '12 OAK ST',
  phone: '7085550101',
};
const sameAna: Someone = { ...ana, number: '77', family: 'NUÑEZ', street: '12 OAK STREET' };
const twin: Someone = { ...ana, number: '78', given: 'EVA', ssn: '219099999' };
const other: Someone = {
  number: '1002',
  family: 'OKAFOR',
  given: 'JOHN',
  born: '19500614',
  sex: 'M',
  ssn: '457555462',
  street: '3 ELM AVE',
  phone: '7085550199',
};

async function linkedBench(
  context: TestContext,
  options: Parameters<typeof openWorkbench>[1] = {},
): Promise<{ project: FeedProject; bench: Workbench }> {
  const project = owned(context, await feedProject('hl7v2', ['ADT']));
  await project.write('handover.yaml', `${await project.read('handover.yaml')}linkage: {}\n`);
  const bench = owned(context, await openWorkbench(project.opened, options));
  return { project, bench };
}

async function patients(project: FeedProject): Promise<JsonObject[]> {
  return [...(await chartOf(project)).values()].filter((one) => one['resourceType'] === 'Patient');
}

const numbersOf = (patient: JsonObject): string[] =>
  objects(patient, 'identifier').flatMap((one) => texts(one, 'value'));

async function requireGreen(bench: Workbench, run: string): Promise<void> {
  assert.deepEqual(await bench.findings(run), []);
  const report = await bench.report(run);
  for (const { stream, balanced, waiting } of report.streams) {
    assert.ok(balanced && waiting === 0, `${stream} balances`);
  }
}

test('R10 a person of two authorities has one chart with both numbers; a twin has her own', async (context) => {
  const { project, bench } = await linkedBench(context, { records: 2, slices: 2 });
  await project.deliver({
    'a.hl7': admission(ana, 'RIVER') + admission(other, 'RIVER'),
    'b.hl7': admission(sameAna, 'LAKE') + admission(twin, 'LAKE'),
  });
  const { run, state, code } = await bench.run();
  assert.equal(state, 'finished', code ?? String(bench.errors[0]));
  await requireGreen(bench, run);
  const all = await patients(project);
  assert.equal(all.length, 3);
  const chart = all.find((one) => numbersOf(one).includes('1001'));
  assert.ok(chart && numbersOf(chart).includes('77'));
  assert.deepEqual(texts(chart, 'link.type'), ['replaces']);
  const visits = [...(await chartOf(project)).values()].filter(
    (one) => one['resourceType'] === 'Encounter',
  );
  const hers = visits.filter(
    (one) => texts(one, 'subject.reference')[0] === `Patient/${chart['id'] as string}`,
  );
  assert.equal(visits.length, 4);
  assert.equal(hers.length, 2);
});

test('R10 what a message joins is one chart, under the number that stands', async (context) => {
  const { project, bench } = await linkedBench(context);
  const bare: Someone = { number: '1009', family: 'NUNEZ', given: 'ANA', born: '' };
  await project.deliver({
    'a.hl7':
      admission(bare, 'RIVER') +
      admission(ana, 'RIVER') +
      merge(ana, '1009', 'RIVER', '20240106080000'),
    'b.hl7': admission(other, 'RIVER'),
  });
  const { run, state, code } = await bench.run();
  assert.equal(state, 'finished', code ?? String(bench.errors[0]));
  await requireGreen(bench, run);
  const all = await patients(project);
  assert.equal(all.length, 2);
  const [chart, ...more] = all.filter((one) => numbersOf(one).includes('1009'));
  assert.ok(chart && more.length === 0);
  assert.ok(numbersOf(chart).includes('1001'));
  assert.notEqual(chart['active'], false);
});

test('R10 a record of a later run joins the chart of an earlier one, which gains its number; undo gives the bytes back', async (context) => {
  const { project, bench } = await linkedBench(context);
  await project.deliver({ 'a.hl7': admission(ana, 'RIVER') + admission(other, 'RIVER') });
  const first = await bench.run();
  assert.equal(first.state, 'finished', first.code ?? String(bench.errors[0]));
  const before = await textsOf(project);
  await project.deliver({ 'b.hl7': admission(sameAna, 'LAKE') + admission(twin, 'LAKE') });
  const second = await bench.run();
  assert.equal(second.state, 'finished', second.code ?? String(bench.errors[0]));
  await requireGreen(bench, second.run);
  const all = await patients(project);
  assert.equal(all.length, 3);
  const chart = all.find((one) => numbersOf(one).includes('1001'));
  assert.ok(chart && numbersOf(chart).includes('77'));
  assert.deepEqual(texts(chart, 'link.type'), ['replaces']);
  const undone = await project.cli(['undo', second.run, '--confirm', 'own-feed']);
  assert.equal(undone.code, 0, undone.stderr);
  assert.deepEqual(await textsOf(project), before);
});
