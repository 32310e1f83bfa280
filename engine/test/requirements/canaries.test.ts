/**
 * The whole demo (thirty tables, share and feeds) with canaries of the 18 classes of Safe Harbor planted
 * in what is moved and in what is refused, at the level `debug`: nothing of them stands anywhere outside.
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { canaries, canaryNote } from '../../measure/canaries.ts';
import { owned } from './owned.ts';
import { testProject, type TestProject } from './project.ts';

/** A chart whose every column is a canary, notes that hold all 18 classes, and rows that are refused. */
const planted = [
  `create temporary table victim as select pt_id from pt_demog where deleted = 'N' order by pt_id limit 3`,
  `update pt_demog set last_nm = 'Qvandelhorst', first_nm = 'Zyxwora', mrn = 'QV844132',
     ssn = '531-84-2296', home_phone = '(541) 555-0187', cell_phone = '541-555-0193',
     email = 'zyxwora.q@qvandel.example', addr_1 = '7423 Quillonspur Lane', city = 'Brackwaterbyville'
   where pt_id = (select min(pt_id) from victim)`,
  // What cannot be read or coded is held; why it is must not say what it was.
  `update pt_demog set dob = 'TRIAL-QV' where pt_id = (select max(pt_id) from victim)`,
  `update notes set body_txt = '${canaryNote.replaceAll("'", "''")}'`,
];

/** Forms in which a value hides in a file; a digest is a value that can be guessed. */
function formsOf(value: string): string[] {
  const bytes = Buffer.from(value);
  const encoded = [0, 1, 2].map((before) => {
    const text = Buffer.concat([Buffer.alloc(before), bytes]).toString('base64');
    return text.slice(before === 0 ? 0 : before + 1, -4);
  });
  const digests = (['sha256', 'sha1', 'md5'] as const).flatMap((algorithm) => {
    const digest = createHash(algorithm).update(bytes).digest();
    return [digest.toString('hex'), digest.toString('base64'), digest.toString('latin1')];
  });
  const forms = [
    value,
    bytes.toString('hex'),
    ...encoded.filter((text) => text.length > 7),
    encodeURIComponent(value),
    JSON.stringify(value)
      .slice(1, -1)
      .replaceAll('/', String.raw`\/`),
    ...digests,
  ];
  return [...new Set(forms)];
}

/** A ZIP code or a day comes up by itself in files of a database; the others do not. */
const sought = [
  ...canaries.filter(({ value }) => value.length > 7 && !/^[\d/-]{8,10}$/.test(value)),
  // A column of eight characters has canaries of its own: a number that is moved, a day that is refused.
  { class: 'H medical record', value: 'QV844132' },
  { class: 'C dates', value: 'TRIAL-QV' },
].map(({ class: of, value }) => ({
  class: of,
  forms: formsOf(value).map((form) => Buffer.from(form, 'latin1')),
}));

function found(bytes: Buffer): string[] {
  return sought
    .filter(({ forms }) => forms.some((form) => bytes.includes(form)))
    .map((one) => one.class);
}

async function foundBelow(folder: string): Promise<{ files: number; places: string[] }> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const places: string[] = [];
  let files = 0;
  for (const entry of entries) {
    if (!entry.isFile()) continue;
    files++;
    const place = join(entry.parentPath, entry.name);
    const named = found(Buffer.from(place));
    const held = found(await readFile(place));
    for (const one of [...named, ...held]) places.push(`${one} in ${entry.name}`);
  }
  return { files, places };
}

/** Arguments of every process of this machine, again and again while something runs. */
function watchArguments(): { stop(): string[] } {
  const seen = new Set<string>();
  const timer = setInterval(() => {
    for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
      try {
        seen.add(readFileSync(`/proc/${pid}/cmdline`, 'latin1'));
      } catch {
        // It has ended.
      }
    }
  }, 100);
  return {
    stop() {
      clearInterval(timer);
      return [...seen];
    },
  };
}

const looks = [
  ['status'],
  ['--json', 'status'],
  ['report', '--out', 'report.html'],
  ['--json', 'report'],
  ['quarantine', 'list'],
  ['--json', 'quarantine', 'list'],
  ['gate', 'show', 'open:chart'],
  ['certificate', 'issue', '--out', 'certificate'],
  ['audit', 'export', '--out', 'events.fhir', '--as', 'fhir'],
  ['audit', 'export', '--out', 'events.syslog', '--as', 'syslog'],
  ['audit', 'export', '--out', 'events.otlp', '--as', 'otlp'],
  ['processing-record'],
  ['--json', 'inventory'],
  ['map', 'diff'],
  ['verify'],
  // Words that no command takes, and a source that is not there any more.
  ['quarantine', 'show', '1', '--nothing'],
];

async function demo(): Promise<TestProject> {
  const change = planted;
  const project = await testProject({
    patients: 12,
    defects: 'planted',
    tables: 'all',
    feeds: true,
    change,
  });
  // A database of the project's own, whose files all lie in its folder.
  delete project.environment['DATABASE_URL'];
  delete project.environment['HANDOVER_TARGET_URL'];
  return project;
}

test('R05 the whole demo, at debug: no canary in logs, errors, reports, spill, data folders or arguments', async (context) => {
  const project = owned(context, await demo());
  const watch = watchArguments();
  const run = await project.cli(['--log-level', 'debug', 'run', '--workers', '2']);
  assert.ok([0, 6].includes(run.code), run.stderr.slice(-2000));
  const said = [run.stdout, run.stderr];
  for (const words of looks) {
    // What is written stands in the folder that is searched.
    const at = words.map((word, place) =>
      words[place - 1] === '--out' ? join(project.folder, word) : word,
    );
    const { stdout, stderr } = await project.cli(['--log-level', 'debug', ...at]);
    said.push(stdout, stderr);
  }
  project.environment['CLINIC_URL'] = 'postgresql://nobody@127.0.0.1:1/absent';
  const away = await project.cli(['--log-level', 'debug', 'run']);
  assert.notEqual(away.code, 0);
  said.push(away.stdout, away.stderr);
  const commands = watch.stop();
  assert.ok(commands.some((line) => line.includes('--log-level\u0000debug\u0000run')));
  assert.deepEqual(
    commands.flatMap((line) => found(Buffer.from(line, 'latin1'))),
    [],
  );
  assert.ok(said.join('').length > 10_000, 'something was said');
  assert.deepEqual(found(Buffer.from(said.join('\n'))), []);
  const { files, places } = await foundBelow(project.folder);
  assert.ok(files > 200, 'the databases and parcels are among them');
  assert.deepEqual(places, []);

  // They were moved, all the same, and the search finds what is there to be found.
  const number = 'QV844132\n';
  const shown = await project.cli(
    ['subject', 'show', '--patient', '-', '--out', join(project.folder, 'subject.json')],
    number,
  );
  assert.equal(shown.code, 0, shown.stderr);
  const { places: after } = await foundBelow(project.folder);
  assert.deepEqual([...new Set(after.map((place) => place.split(' in ')[1]))], ['subject.json']);
  assert.ok(after.includes('G social security in subject.json'), after.join());
});
