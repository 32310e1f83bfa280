/** Files that are not what the plan says: told clearly, with the way out, and nothing is lost. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmod, mkdir, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test, type TestContext } from 'node:test';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { HandoverError } from '../../src/base/errors.ts';
import { judgePlan } from '../../src/cli/commands/run.ts';
import {
  closed,
  counted,
  people,
  personId,
  personLines,
  smallClinic,
  type SmallClinic,
} from './badInput.ts';
import { exceptionCauses } from '../../src/ledger/exceptions.ts';
import { owned } from './owned.ts';
import { chartOf } from './ownClinic.ts';
import { openWorkbench, type Workbench } from './workbench.ts';

const sourceYaml = "emptyIs: 'null'";

interface Refusal {
  name: string;
  damage: (clinic: SmallClinic) => Promise<void>;
  exit: number;
  says: RegExp;
}

const refusals: readonly Refusal[] = [
  {
    name: 'a folder where the file should be',
    damage: async ({ file }) => {
      await rm(file);
      await mkdir(file);
    },
    exit: 7,
    says: /source-file-missing: "person\.csv" is a folder, not a file[^]*next: /,
  },
  {
    name: 'a file that is not there',
    damage: ({ file }) => rm(file),
    exit: 7,
    says: /source-file-missing: the source has no "person\.csv"[^]*next: Check `folder`/,
  },
  {
    name: 'a file that is packed twice',
    damage: async ({ file }) => writeFile(file, gzipSync(gzipSync(await readFile(file)))),
    exit: 3,
    says: /source-file-compressed: "person\.csv" is packed \(gzip\)[^]*next: Unpack/,
  },
  {
    name: 'a file that is packed by zip',
    damage: async ({ file }) => {
      await writeFile(`${file}.zip`, 'PK\u0003\u0004');
      await rm(file);
    },
    exit: 3,
    says: /source-file-compressed: "person\.csv\.zip" is packed/,
  },
  {
    name: 'a packed file that was cut',
    damage: async ({ file }) => {
      const packed = gzipSync(await readFile(file));
      await writeFile(`${file}.gz`, packed.subarray(0, packed.length - 40));
      await rm(file);
    },
    exit: 3,
    says: /source-file-damaged: "person\.csv\.gz" cannot be unpacked[^]*next: Have it sent again/,
  },
  {
    name: 'a packed file with a damaged byte',
    damage: async ({ file }) => {
      const packed = gzipSync(await readFile(file));
      packed[packed.length >> 1] = (packed[packed.length >> 1] ?? 0) ^ 0xff;
      await writeFile(`${file}.gz`, packed);
      await rm(file);
    },
    exit: 3,
    says: /source-file-damaged: "person\.csv\.gz" cannot be unpacked/,
  },
  {
    name: 'a packed file that never ends',
    damage: async ({ file }) => {
      const line = '12345678901234567890,Family,1.10\n';
      const text = await readFile(file, 'utf8');
      await writeFile(`${file}.gz`, gzipSync(text + line.repeat(3_000_000)));
      await rm(file);
    },
    exit: 3,
    says: /source-file-bomb: "person\.csv\.gz" grows more than two hundredfold/,
  },
  {
    name: 'a file of no bytes',
    damage: ({ file }) => truncate(file),
    exit: 3,
    says: /source-file-empty: "person\.csv" is empty[^]*next: Have it sent again/,
  },
  {
    name: 'another delimiter',
    damage: (clinic) => clinic.rewrite(personLines.map((line) => line.replaceAll(',', ';'))),
    exit: 3,
    says: /source-column-missing: .* no column "person_id"[^]*is `delimiter` right\? It holds `;`/,
  },
  {
    name: 'UTF-16 without a byte order mark',
    damage: ({ file }) => writeFile(file, personLines.join('\n'), 'utf16le'),
    exit: 3,
    says: /source-charset: "person\.csv" cannot be utf-8[^]*next: Write charset: utf-16le/,
  },
  {
    name: 'a byte order mark that says otherwise than the plan',
    damage: async (clinic) => {
      await writeFile(clinic.file, `\ufeff${personLines.join('\n')}`);
      await clinic.edit('handover.yaml', sourceYaml, `${sourceYaml}\n    charset: windows-1252`);
    },
    exit: 3,
    says: /source-charset: .* byte order mark of utf-8, not windows-1252[^]*next: Write charset/,
  },
  {
    name: 'UTF-8 that the plan calls windows-1252',
    damage: (clinic) =>
      clinic.edit('handover.yaml', sourceYaml, `${sourceYaml}\n    charset: windows-1252`),
    exit: 3,
    says: /source-charset: "person\.csv" is UTF-8 from end to end[^]*next: Write charset: utf-8/,
  },
  {
    name: 'a key column that is not there',
    damage: (clinic) =>
      clinic.rewrite(personLines.map((line) => line.replace('person_id', 'patient_no'))),
    exit: 3,
    says: /source-column-missing: .* no column "person_id"[^]*Columns it has: patient_no, family/,
  },
];

let shared: SmallClinic;
let plan: string;

before(async () => {
  shared = await smallClinic();
  plan = await shared.read('handover.yaml');
});
after(() => shared.close());

/** Nothing was begun: no run, no batch, and the file is as it was for the next test. */
async function requireUntouched(clinic: SmallClinic): Promise<void> {
  const { rows } = await clinic.control.query<{ runs: number }>(
    'select count(*)::int as runs from handover.run',
  );
  assert.deepEqual(rows, [{ runs: 0 }]);
  await rm(clinic.file, { recursive: true, force: true });
  await rm(`${clinic.file}.gz`, { force: true });
  await clinic.rewrite(personLines);
  await clinic.write('handover.yaml', plan);
}

for (const { name, damage, exit, says } of refusals) {
  test(`bad input: ${name}`, async () => {
    await damage(shared);
    // What `run` and `plan check` do first; the command line's own words are those of the next test.
    const failed = await judgePlan(shared.opened).then(
      () => assert.fail('was judged sound'),
      (error: unknown) => error,
    );
    assert.ok(failed instanceof HandoverError, String(failed));
    const told = `${failed.code}: ${failed.message}\n  next: ${failed.next}`;
    assert.equal(failed.exitCode, exit, told);
    assert.match(told, says);
    assert.doesNotMatch(told, /Núñez|12345678901234567/);
    await requireUntouched(shared);
  });
}

test('bad input: at the command line the sentence, the next step and the exit code', async () => {
  await shared.rewrite(personLines.map((line) => line.replaceAll(',', ';')));
  for (const words of [['run'], ['plan', 'check']]) {
    const { code, stdout, stderr } = await shared.cli(words);
    assert.deepEqual({ code, stdout }, { code: 3, stdout: '' }, stderr);
    assert.match(stderr, /^source-column-missing: "person\.csv" has no column "person_id"/m);
    assert.match(stderr, /^ {2}next: .* It holds `;`\.$/m);
  }
  await requireUntouched(shared);
});

test('bad input: a file that we may not read', async () => {
  await chmod(shared.file, 0);
  const other = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : undefined;
  if (other !== undefined) {
    const run = promisify(execFile);
    await run('chown', ['-R', `${other.uid}:${other.gid}`, shared.folder]);
    await run('chown', ['0:0', shared.file]);
  }
  const { code, stderr } = await shared.cli(['run'], '', other);
  assert.equal(code, 7, stderr);
  assert.match(stderr, /source-denied: the source does not let us read "person\.csv"/);
  assert.match(stderr, /next: Give the user that runs handover leave to read it/);
  await chmod(shared.file, 0o644);
  await requireUntouched(shared);
});

/** A run that comes to its end: its accounts close. */
async function ended(bench: Workbench): Promise<Ended> {
  const { run, state, code } = await bench.run();
  assert.deepEqual({ state, code, errors: bench.errors }, finished);
  const causes: Record<string, number> = {};
  for (const one of await exceptionCauses(bench.database, run)) causes[one.code] = one.count;
  return { ...counted(closed(await bench.report(run))), causes };
}

const finished = { state: 'finished', code: 'none', errors: [] };

type Ended = ReturnType<typeof counted> & { causes: Record<string, number> };

async function benched(context: TestContext) {
  const clinic = owned(context, await smallClinic());
  return { clinic, bench: owned(context, await openWorkbench(clinic.opened)) };
}

test('bad input: UTF-16 with a byte order mark arrives as UTF-8 does, 20-digit ids and 1.10 whole', async (context) => {
  const { clinic: plain, bench: plainly } = await benched(context);
  const { clinic: wide, bench: widely } = await benched(context);
  await writeFile(wide.file, `\ufeff${personLines.join('\r\n')}\r\n`, 'utf16le');
  const whole = { read: people, mapped: people, held: 0, causes: {} };
  assert.deepEqual(await ended(plainly), whole);
  assert.deepEqual(await ended(widely), whole);

  const bodies = await bodiesIn(plain);
  const patients = bodies.filter((body) => body.includes('"Patient"'));
  assert.equal(bodies.length, 2 * people);
  for (let at = 0; at < people; at++) {
    assert.ok(patients.some((body) => body.includes(`"value":"${personId(at)}"`)));
  }
  const doses = bodies.filter((body) => body.includes('"valueQuantity":{"value":1.10}'));
  assert.equal(doses.length, people);
  const explained = await plain.cli(['--json', 'explain', personId(7)]);
  assert.equal(explained.code, 0, explained.stderr);
  assert.equal((JSON.parse(explained.stdout) as { roads: object[] }).roads.length, 1);
  // The ids are keyed by project, the same in both: all projects of a test share a key.
  assert.deepEqual(await chartOf(wide), await chartOf(plain));
});

async function bodiesIn(clinic: SmallClinic): Promise<string[]> {
  const chart = await clinic.openChart();
  const { signal } = new AbortController();
  const bodies: string[] = [];
  for await (const { resources } of chart.scan(undefined, signal)) {
    for (const stored of await chart.fetch(resources, 'body', signal)) {
      assert.equal(stored.state, 'present');
      if (stored.state === 'present') bodies.push(stored.body?.toString() ?? '');
    }
  }
  await chart.close();
  return bodies;
}

test('a file that gzip has packed is read as it is, in slices, without a copy in the clear', async (context) => {
  const { clinic, bench } = await benched(context);
  const packed = gzipSync(await readFile(clinic.file));
  // Of two members, as when files are appended to each other.
  const extra = gzipSync('12345678901234567999,Añadido,2.50\n');
  await writeFile(`${clinic.file}.gz`, Buffer.concat([packed, extra]));
  await rm(clinic.file);
  assert.deepEqual(await ended(bench), {
    read: people + 1,
    mapped: people + 1,
    held: 0,
    causes: {},
  });
  const bodies = await bodiesIn(clinic);
  assert.equal(bodies.filter((body) => body.includes('Núñez')).length, people);
  assert.equal(bodies.filter((body) => body.includes('"value":2.50')).length, 1);
  assert.deepEqual(await readdir(join(clinic.file, '..')), ['person.csv.gz']);
});

test('bad input: Latin-1 that the plan calls UTF-8 is held line by line, and moves once it is said', async (context) => {
  const { clinic, bench } = await benched(context);
  const lines = personLines.map((line, at) => (at % 2 === 0 ? line : line.replace('Núñez', 'Lee')));
  await writeFile(clinic.file, `${lines.join('\n')}\n`, 'latin1');
  const held = people / 2;
  assert.deepEqual(await ended(bench), {
    read: people,
    mapped: people - held,
    held,
    causes: { 'encoding-invalid': held },
  });
  await clinic.edit('handover.yaml', sourceYaml, `${sourceYaml}\n    charset: windows-1252`);
  assert.deepEqual(await ended(bench), { read: people, mapped: people, held: 0, causes: {} });
  const bodies = await bodiesIn(clinic);
  assert.equal(bodies.filter((body) => body.includes('Núñez')).length, held);
});

test('bad input: lines with another delimiter than their header are held, each with its line', async (context) => {
  const { clinic, bench } = await benched(context);
  await clinic.rewrite(personLines.map((line, at) => (at < 3 ? line : line.replaceAll(',', '|'))));
  const held = people - 2;
  assert.deepEqual(await ended(bench), {
    read: people,
    mapped: 2,
    held,
    causes: { 'field-count': held },
  });
  const list = await clinic.cli(['--json', 'quarantine', 'list', '--limit', '1']);
  const [first] = (JSON.parse(list.stdout) as { held: { id: string }[] }).held;
  const shown = await clinic.cli(['quarantine', 'show', first?.id ?? '']);
  assert.match(shown.stdout, /^line: 4$/m);
});

test('bad input: a file that was cut in its last line holds that line alone', async (context) => {
  const { clinic, bench } = await benched(context);
  const text = `${personLines.join('\n')}\n`;
  await writeFile(clinic.file, text.slice(0, text.lastIndexOf(',')));
  assert.deepEqual(await ended(bench), {
    read: people,
    mapped: people - 1,
    held: 1,
    causes: { 'field-count': 1 },
  });
});

test('bad input: duplicate and missing keys are held, and all others arrive', async (context) => {
  const { clinic, bench } = await benched(context);
  const twice = personLines[3] ?? '';
  await clinic.rewrite([...personLines, twice.replace('Núñez', 'Nunez'), ',Nobody,1.10']);
  const causes = { 'duplicate-key': 2, 'key-missing': 1 };
  assert.deepEqual(await ended(bench), { read: people + 2, mapped: people - 1, held: 3, causes });
  assert.equal((await chartOf(clinic)).size, 2 * (people - 1));
  const strict = await clinic.cli(['resume', '--strict']);
  assert.equal(strict.code, 6, strict.stderr);
});
