/**
 * A changed mapping applied to a run that is loaded: what it leaves behind is what a new run under
 * the changed mapping would have left, and what did not change was not touched.
 */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { JsonObject } from '../../src/base/json.ts';
import { streamProgress } from '../../src/ledger/progress.ts';
import { draftBalances, recordBalances } from '../../src/ledger/balances.ts';
import { exceptionCauses } from '../../src/ledger/exceptions.ts';
import { batchesOf } from '../../src/ledger/pages.ts';
import { runRevisions } from '../../src/ledger/runs.ts';
import { unreadOf } from '../../src/ledger/streams.ts';
import { owned } from './owned.ts';
import { chartOf, ownClinic, type OwnClinic } from './ownClinic.ts';
import type { TestProject } from './project.ts';
import { openWorkbench, type Workbench } from './workbench.ts';

const people = Array.from({ length: 20 }, (_, at) => `p${at},Name${at},${at % 5},l${at % 4},memo`);
const visits = Array.from({ length: 40 }, (_, at) => `v${at},p${at % 20},${at % 3},${at % 7}`);
const charges = Array.from({ length: 12 }, (_, at) => `c${at},${at === 5 ? 'Y' : ''},${at % 4}`);
const lines = Array.from({ length: 36 }, (_, at) => `l${at},c${at % 13},${at},${at % 6}`);
const vitals = Array.from({ length: 20 }, (_, at) => `w${at},q${at % 10},${at < 10 ? 'S' : 'D'}`);

const tables = {
  person: ['person_id,family,kind,lang_id,note', ...people].join('\n'),
  language: ['lang_id,code', 'l0,en', 'l1,es', 'l2,pl'].join('\n'),
  visit: ['visit_id,person_id,kind,weight', ...visits].join('\n'),
  charge: ['chg_id,deleted,kind', ...charges].join('\n'),
  line: ['line_id,chg_id,line_no,kind', ...lines].join('\n'),
  vital: ['row_id,pt,kind', ...vitals].join('\n'),
};

const person = `
stream: clinic.person
resources:
  Patient:
    name: [{ family: family }]
    language: lang_id.lookup('clinic.language').code
`;
const language = 'stream: clinic.language\nlookup: true\n';
const visit = `
stream: clinic.visit
exclude: { when: "kind = '2'", reason: cancelled }
resources:
  Encounter:
    status: =finished
    class: { code: =AMB }
    subject: person_id.reference('clinic.person')
  Observation:
    $when: weight != '3'
    status: =final
    code: { text: =weight }
    subject: person_id.reference('clinic.person')
    encounter: visit_id.reference('clinic.visit', 'Encounter')
    valueString: weight
`;
const charge = `
stream: clinic.charge
exclude: { when: "deleted ~ 'Y'", reason: voided }
children:
  lines: { stream: clinic.line, by: chg_id, order: line_no }
resources:
  Basic:
    code: { text: "'charge' & iif(kind = 'x', 'x', '')" }
    identifier: [{ $each: lines, value: kind }]
`;
const line = 'stream: clinic.line\nfoldedInto: clinic.charge\n';
const vital = `
stream: clinic.vital
group: { by: [pt], order: kind }
resources:
  Basic:
    code: { text: =vital }
    identifier: [{ $each: rows, value: kind }]
`;

const former = { person, language, visit, charge, line, vital };
type Mappings = typeof former;

/** Every way in which records and drafts change at once, over lookups, children and groups. */
const changed: Mappings = {
  // The language that nobody knew: its people are mapped, and what refers to them is settled.
  person: person.replace(
    "lang_id.lookup('clinic.language').code",
    "iif(lang_id = 'l3', 'fr', lang_id.lookup('clinic.language').code)",
  ),
  language,
  // Some are no longer cancelled, others are; some weights go, others change.
  visit: visit
    .replace("kind = '2'", "kind = '1'")
    .replace("weight != '3'", "weight != '4'")
    .replace('valueString: weight', "valueString: iif(weight = '5', 'five', weight)"),
  // Other charges are voided, and their lines with them; some lines no longer count.
  charge: charge.replace("deleted ~ 'Y'", "kind = '3' or deleted ~ 'Z'"),
  line: `${line}exclude: { when: "kind = '4'", reason: free }\n`,
  vital: vital.replace(
    'value: kind',
    "value: \"kind & iif(kind = 'S', pt.where($this = 'q3'), '')\"",
  ),
};

const decided = 'fate: not moved, reason: none, owner: lead, approver: lead';
const plan = `dispositions: [{ stream: clinic.person, columns: [kind, note], ${decided} }]`;

async function clinicOf(
  context: TestContext,
  mappings: Mappings,
  more: Partial<OwnClinic> = {},
): Promise<{ project: TestProject; bench: Workbench }> {
  const project = owned(context, await ownClinic({ tables, mappings, plan, ...more }));
  const bench = owned(context, await openWorkbench(project.opened, { records: 6 }));
  return { project, bench };
}

async function rewrite(project: TestProject, mappings: Mappings): Promise<void> {
  for (const [name, text] of Object.entries(mappings)) {
    await writeFile(join(project.folder, 'own', 'mappings', `${name}.yaml`), text);
  }
}

/** What a run says of itself, without what tells how it got there. */
async function accountOf({ database }: Workbench, run: string): Promise<unknown> {
  const causes = (await exceptionCauses(database, run)).map(
    ({ stream, target, phase, kind, code, path, count }) =>
      [stream, target, phase, kind, code, path, count].join(' '),
  );
  const drafts = (await draftBalances(database, run)).map(
    ({ stream, target, drafted, superseded, removed, ...counts }) => ({
      stream,
      target,
      stand: drafted - superseded - removed,
      ...counts,
    }),
  );
  return {
    records: await recordBalances(database, run),
    drafts,
    causes: causes.toSorted(),
    unread: await unreadOf(database, run),
  };
}

async function ranWell(bench: Workbench, end: { state: string; code: string }): Promise<void> {
  assert.deepEqual(bench.errors, []);
  assert.equal(end.state, 'finished', end.code);
}

async function versionsOf(project: TestProject): Promise<Map<string, number>> {
  const chart = await project.openChart();
  const versions = new Map<string, number>();
  for await (const { resources } of chart.scan(undefined, new AbortController().signal)) {
    for (const one of resources) {
      if (one.state === 'present') versions.set(`${one.type}/${one.id}`, one.version);
    }
  }
  await chart.close();
  return versions;
}

const text = (resource: JsonObject | undefined): string => JSON.stringify(resource);

test('R01 R16 a changed mapping is applied: the account and the target are those of a new run, and what did not change was not written', async (context) => {
  const { project, bench } = await clinicOf(context, former);
  const first = await bench.run();
  await ranWell(bench, first);
  const before = await chartOf(project);
  await rewrite(project, changed);
  await ranWell(bench, await bench.remap(first.run));

  const other = await clinicOf(context, changed);
  const fresh = await other.bench.run();
  await ranWell(other.bench, fresh);
  assert.deepEqual(await accountOf(bench, first.run), await accountOf(other.bench, fresh.run));
  const wanted = await chartOf(other.project);
  const after = await chartOf(project);
  assert.deepEqual(after, wanted);
  const [mine, theirs] = [await bench.report(first.run), await other.bench.report(fresh.run)];
  assert.deepEqual(
    mine.findings.map(({ code, type, count }) => [code, type, count]),
    theirs.findings.map(({ code, type, count }) => [code, type, count]),
  );
  for (const one of [...mine.streams, ...mine.targets]) assert.ok(one.balanced, one.stream);

  // Twice read back, and yet nobody is told of eight items out of four.
  const progress = await streamProgress(bench.database, first.run);
  assert.ok(progress.some(({ done }) => done > 0));
  for (const { phase, done, total } of progress) assert.deepEqual([phase, done], ['verify', total]);

  const removed = [...before.keys()].filter((name) => !wanted.has(name));
  assert.ok(removed.length > 0);
  const counted = await draftBalances(bench.database, first.run);
  assert.equal(
    counted.reduce((sum, one) => sum + one.removed, 0),
    removed.length,
  );
  const versions = await versionsOf(project);
  let same = 0;
  for (const [name, resource] of before) {
    if (!wanted.has(name)) continue;
    const untouched = text(resource) === text(wanted.get(name));
    if (untouched) same++;
    assert.equal(versions.get(name), untouched ? 1 : 2, name);
  }
  assert.ok(same > 20);
  const batches = await batchesOf(bench.database, first.run, 'load');
  const revisions = await runRevisions(bench.database, first.run);
  assert.deepEqual(
    new Set(batches.map(({ revision }) => revision)).size,
    2,
    'what was written under which revision is on record',
  );
  assert.deepEqual(
    revisions.map(({ reason }) => reason),
    ['remap'],
  );
});

test('R01 a mapping is applied again and again, there and back, and undone exactly', async (context) => {
  const { project, bench } = await clinicOf(context, former);
  const { run } = await bench.run();
  const account = await accountOf(bench, run);
  const before = await chartOf(project);
  await rewrite(project, changed);
  await ranWell(bench, await bench.remap(run));
  await rewrite(project, former);
  await ranWell(bench, await bench.remap(run));
  assert.deepEqual(await chartOf(project), before);
  assert.deepEqual(await accountOf(bench, run), account);
  const report = await bench.report(run);
  assert.deepEqual(report.findings, []);
  const names = await chartOf(project);
  await bench.close();

  const undone = await project.cli(['undo', run, '--confirm', 'own-clinic']);
  assert.equal(undone.code, 0, undone.stderr);
  const chart = await project.openChart();
  for (const name of [...before.keys(), ...names.keys()]) {
    const [type = '', id = ''] = name.split('/');
    assert.deepEqual(await chart.history({ type, id }), [], name);
  }
  await chart.close();
});

test('R01 what refers to a resource that a changed mapping no longer makes is held with it, and comes back', async (context) => {
  const { project, bench } = await clinicOf(context, former);
  const { run } = await bench.run();
  const account = await accountOf(bench, run);
  const before = await chartOf(project);
  // Visits are of another stream; what an encounter is referred to by stands beside it.
  const without = {
    ...former,
    person: `${person}exclude: { when: "kind = '3'", reason: not-ours }\n`,
  };
  await rewrite(project, without);
  await ranWell(bench, await bench.remap(run));
  const { findings } = await bench.report(run);
  assert.ok(!findings.some(({ code }) => code === 'referent-missing'));

  const other = await clinicOf(context, without);
  const fresh = await other.bench.run();
  await ranWell(other.bench, fresh);
  assert.deepEqual(await accountOf(bench, run), await accountOf(other.bench, fresh.run));
  const wanted = await chartOf(other.project);
  assert.deepEqual(await chartOf(project), wanted);
  const gone = [...before.keys()].filter((name) => !wanted.has(name));
  assert.ok(gone.some((name) => name.startsWith('Encounter/')));
  assert.ok(gone.some((name) => name.startsWith('Patient/')));

  await rewrite(project, former);
  await ranWell(bench, await bench.remap(run));
  assert.deepEqual(await chartOf(project), before);
  assert.deepEqual(await accountOf(bench, run), account);
});
