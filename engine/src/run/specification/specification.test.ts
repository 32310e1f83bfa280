import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { inflateRawSync } from 'node:zlib';
import { ReadableIds } from '../goldens/readableIds.ts';
import { judgeStreams } from '../plan/streams.ts';
import { readWritten, type WrittenProject } from '../plan/written.ts';
import { renderSpecification } from './html.ts';
import { specificationOf, type Specification, type StreamSheet } from './specification.ts';
import { inWords, namesIn } from './words.ts';
import { specificationWorkbook } from './workbook.ts';

let project: WrittenProject;
let specification: Specification;

before(async () => {
  const folder = fileURLToPath(new URL('../../../project-template/', import.meta.url));
  const written = await readWritten(folder);
  assert.ok(written.project);
  project = written.project;
  specification = specificationOf(project);
});

const words: readonly (readonly [expression: string, says: string | undefined])[] = [
  ['last_nm', 'last_nm'],
  ["sex_cd.map('sex')", 'the code that code map “sex” has for sex_cd'],
  ["sex_cd.map('sex', 'display')", 'the words that code map “sex” has for sex_cd'],
  ["dob.date('MM/dd/yy|yyyy')", 'the date in dob, written as MM/dd/yy or yyyy'],
  ["deleted ~ 'Y'", 'deleted is “Y”'],
  ["ssn.replace('-', '')", 'ssn without “-”'],
  ["a.exists() or b != 'N'", 'a is given or b is not “N”'],
  ["pt_id.reference('clinic.pt')", 'a reference to the clinic.pt item with key pt_id'],
  ["f.lookup('clinic.fac').name", 'name of the clinic.fac row with key f'],
  ["iif(d.exists(), {}, f = 'Y')", 'nothing if d is given, otherwise f is “Y”'],
  ['lines.amt.aggregate($this + $total, 0)', undefined],
];

test('expressions in words; where there are none the expression itself must do', () => {
  for (const [expression, says] of words) assert.equal(inWords(expression), says, expression);
});

test('what an expression with a name reads is read where its name stands', () => {
  const named = new Map([
    ['visit', "enc_id.lookup('clinic.visit')"],
    ['late', "visit.end > '2020' and deleted.empty()"],
  ]);
  assert.deepEqual(namesIn('iif(late, visit.end, mrn)', named), [
    'clinic.visit.end',
    '%enc_id',
    '%deleted',
    'mrn',
  ]);
});

/** Everything that a sheet says of its stream. */
function textOf({ resources, exclusions, holds }: StreamSheet): string {
  const elements = resources.flatMap((one) => one.elements);
  return JSON.stringify([elements, exclusions, holds]);
}

test('every column that a mapping reads is in its specification, every other one beside it', () => {
  const { mappings } = judgeStreams(project.plan, project.streams, new ReadableIds());
  assert.equal(specification.streams.length, mappings.size);
  for (const sheet of specification.streams) {
    const text = textOf(sheet);
    const read = mappings.get(sheet.stream)?.columnsRead ?? [];
    for (const column of read) {
      if (sheet.key.includes(column) || sheet.part !== '') continue;
      assert.match(text, new RegExp(`\\b${column}\\b`), `${sheet.stream}.${column}`);
    }
    const { columns } = project.streams.find(({ name }) => name === sheet.stream) ?? {};
    const all = new Set([...read, ...sheet.key, ...sheet.unread.map(({ item }) => item)]);
    assert.deepEqual([...all].toSorted(), columns?.map(({ name }) => name).toSorted());
    for (const { item, fate } of sheet.unread) assert.notEqual(fate, 'undecided', item);
  }
});

test('of two mappings of a stream the one that holds is told, and what stays behind', () => {
  const { plan } = project;
  const document = { ...plan.project.document, receivables: 'balance-forward' } as const;
  const forward = { ...plan, project: { ...plan.project, document } };
  const { streams } = specificationOf({ ...project, plan: forward });
  const sheetOf = (name: string): StreamSheet | undefined =>
    streams.find(({ stream }) => stream === name);
  const [account] = sheetOf('clinic.charges')?.resources ?? [];
  assert.equal(account?.name, 'Account');
  const balance = account.elements.find(({ path }) => path === 'Account.extension');
  assert.match(balance?.says ?? '', /balance\.ts#byAge/);
  assert.ok(balance?.columns.includes('total_amt'), balance?.columns.join());
  const lines = sheetOf('clinic.charge_lines');
  assert.match(lines?.part ?? '', /balance-forward its records stay behind/);
  // An adjustment of a charge is in a balance; the file that moves the others is the one in force.
  const unapplied = sheetOf('clinic.adjustments');
  assert.equal(unapplied?.part, '');
  assert.match(JSON.stringify(unapplied.exclusions), /in-the-balance-of-its-account/);
  assert.equal(streams.length, specification.streams.length);
});

test('the page stands on its own and says what the mappings say', () => {
  const page = renderSpecification(specification);
  assert.doesNotMatch(page, /<script|<img|<link|src=|url\((?!#)/);
  assert.match(page, /default-src &#39;none&#39;; style-src &#39;sha256-/);
  assert.match(page, /the code that code map “allergen” has for alg_cd/);
  assert.match(page, /Pharmacy lead/);
  assert.match(page, /departments are set up anew in the target/);
  for (const { stream } of specification.streams) assert.ok(page.includes(`id="${stream}"`));
  for (const { name } of specification.codeMaps) assert.ok(page.includes(`id="map-${name}"`));
});

test('the workbook has a row for everything that the page has', async () => {
  const parts = entriesOf(await specificationWorkbook(specification));
  const { streams, codeMaps, unmapped } = specification;
  const count = (of: (sheet: StreamSheet) => number): number =>
    streams.reduce((sum, sheet) => sum + of(sheet), 0);
  const wanted = [
    streams.length,
    count((one) => one.named.length),
    count((one) => one.exclusions.length),
    count((one) => one.holds.length),
    count(({ resources }) => resources.flatMap(({ elements }) => elements).length),
    count((one) => one.facts.length),
    count((one) => one.unread.length),
    unmapped.length,
    codeMaps.flatMap(({ rows }) => rows).length,
  ];
  const rows = wanted.map((_, at) => {
    const sheet = parts.get(`xl/worksheets/sheet${at + 1}.xml`) ?? '';
    return sheet.match(/<row /g)?.length;
  });
  assert.deepEqual(
    rows,
    wanted.map((lines) => lines + 1),
  );
  assert.doesNotMatch([...parts.values()].join(''), /<f>/, 'a text has become a formula');
});

/** The parts of a ZIP file, by its central directory (APPNOTE 4.3.12). */
function entriesOf(zip: Buffer): Map<string, string> {
  const entries = new Map<string, string>();
  const end = zip.lastIndexOf('PK\x05\x06', undefined, 'latin1');
  let at = zip.readUInt32LE(end + 16);
  while (zip.toString('latin1', at, at + 4) === 'PK\x01\x02') {
    const [method, size] = [zip.readUInt16LE(at + 10), zip.readUInt32LE(at + 20)];
    const [name, extra, comment] = [28, 30, 32].map((place) => zip.readUInt16LE(at + place));
    const local = zip.readUInt32LE(at + 42);
    const start = local + 30 + zip.readUInt16LE(local + 26) + zip.readUInt16LE(local + 28);
    const bytes = zip.subarray(start, start + size);
    const text = method === 0 ? bytes : inflateRawSync(bytes);
    entries.set(zip.toString('utf8', at + 46, at + 46 + (name ?? 0)), text.toString('utf8'));
    at += 46 + (name ?? 0) + (extra ?? 0) + (comment ?? 0);
  }
  return entries;
}
