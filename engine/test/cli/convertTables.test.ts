import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { temporaryFolder } from '../../src/store/testing.ts';
import { start, type Ended } from './commandLine.ts';

const patients = `stream: clinic.pt
key: pt_id
exclude: { when: "deleted ~ 'Y'", reason: deleted-in-source }
resources:
  Patient:
    identifier: [{ system: =urn:oid:2.16.840.1.113883.19.5, value: pt_id }]
    name: [{ family: last_nm }]
    birthDate: dob.date('yyyy-MM-dd')
`;
const header = 'pt_id,last_nm,dob,deleted,race\n';

interface Report {
  files: number;
  documents: number;
  refused: number;
  resources: number;
  excluded?: { reason: string; documents: number }[];
  unread: { path: string; documents: number }[];
  issues: { code: string; path: string; documents: number }[];
  places: { file: string; line?: number; path?: string; columns?: string[]; reason: string }[];
}

async function folderOf(files: Record<string, string | Buffer>): Promise<string> {
  const folder = await temporaryFolder();
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), content);
  }
  return folder;
}

function convert(folder: string, ...words: string[]): Promise<Ended> {
  const environment = { HANDOVER_ID_KEY: 'the same' };
  return start(['convert', '--from', 'csv', '--to', 'fhir', '--json', ...words], {
    folder,
    environment,
  }).end;
}

async function within(
  files: Record<string, string | Buffer>,
  act: (folder: string) => Promise<void>,
): Promise<void> {
  const folder = await folderOf(files);
  try {
    await act(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function resourcesIn(folder: string, file: string): Promise<Record<string, unknown>[]> {
  const text = await readFile(join(folder, file), 'utf8');
  const lines = text.split('\n').filter((line) => line !== '');
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
}

test('cli: convert reads a table by its mapping; bad rows are told by line, and the rest goes on', async () => {
  const rows = [
    '1,Doe,1980-01-02,,W',
    '2,"SECRET\nNAME",1980-13-02,,',
    '3,Ragged',
    '4,Gone,1980-01-01,Y,B',
    '5,Ok,1990-05-05,,',
    '6,Twice,1990-05-05,,',
    '6,Twice,1990-05-06,,',
  ];
  const files = { 'pt.yaml': patients, 'pt.csv': `${header}${rows.join('\n')}\n` };
  await within(files, async (folder) => {
    const { code, stdout } = await convert(folder, '--mapping', 'pt.yaml', 'pt.csv', 'out.ndjson');
    assert.equal(code, 0);
    const report = JSON.parse(stdout) as Report;
    assert.deepEqual([report.documents, report.refused, report.resources], [7, 4, 2]);
    assert.deepEqual(report.places, [
      {
        file: 'pt.csv',
        line: 3,
        path: 'Patient.birthDate',
        columns: ['dob'],
        reason: 'date-unreadable',
      },
      { file: 'pt.csv', line: 5, reason: 'field-count' },
      { file: 'pt.csv', line: 8, reason: 'duplicate-key' },
      { file: 'pt.csv', line: 9, reason: 'duplicate-key' },
    ]);
    assert.deepEqual(report.excluded, [{ reason: 'deleted-in-source', documents: 1 }]);
    assert.deepEqual(report.unread, [{ path: 'pt.race', documents: 2 }]);
    assert.ok(!stdout.includes('SECRET'));
    const [first] = (await resourcesIn(folder, 'out.ndjson')) as {
      entry: { resource: Record<string, unknown> }[];
    }[];
    const { id, ...resource } = first?.entry[0]?.resource ?? {};
    assert.match(String(id), /^[0-9a-z]{26}$/);
    assert.deepEqual(resource, {
      resourceType: 'Patient',
      birthDate: '1980-01-02',
      identifier: [{ system: 'urn:oid:2.16.840.1.113883.19.5', value: '1' }],
      name: [{ family: 'Doe' }],
    });
    const strict = ['--mapping', 'pt.yaml', '--strict', 'pt.csv', 'strict.ndjson'];
    assert.equal((await convert(folder, ...strict)).code, 6);
    assert.deepEqual((await readdir(folder)).toSorted(), [
      'out.ndjson',
      'pt.csv',
      'pt.yaml',
      'strict.ndjson',
    ]);
  });
});

test('cli: convert reads tables as a source does: packed, of other characters and delimiters', async () => {
  const text = `${header}1,Müller,1980-01-02,,\n`;
  const utf16 = Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(text, 'utf16le')]);
  const files = {
    'pt.yaml': patients,
    'a/pt.csv.gz': gzipSync(text),
    'b/pt.csv': utf16,
    'c/pt.tsv': text.replaceAll(',', '\t'),
    'd/pt.txt': Buffer.from(text.replaceAll(',', ';'), 'latin1'),
    'e/delivery.csv': `\ufeff${text}`,
  };
  await within(files, async (folder) => {
    const inputs = ['a', 'b', 'c', 'd', 'e/delivery.csv'];
    for (const [at, input] of inputs.entries()) {
      const words = input === 'd' ? ['--charset', 'windows-1252', '--delimiter', ';'] : [];
      const out = `${at}.ndjson`;
      const { code } = await convert(folder, '--mapping', 'pt.yaml', ...words, input, out);
      assert.equal(code, 0, input);
      assert.match(await readFile(join(folder, out), 'utf8'), /"family":"Müller"/);
    }
    assert.equal(
      await readFile(join(folder, '0.ndjson'), 'utf8'),
      await readFile(join(folder, '3.ndjson'), 'utf8'),
    );
    const unknown = ['--charset', 'latin9', '--mapping', 'pt.yaml', 'c', 'x.ndjson'];
    const { code, stderr } = await convert(folder, ...unknown);
    assert.equal(code, 2);
    assert.match(stderr, /setting-invalid/);
  });
});

const plan = `name: moving
sources:
  clinic:
    kind: csv
    folder: \${NOT_SET}
    delimiter: '|'
    emptyIs: 'null'
    streams: { charge: { key: [chg_id] }, line: { file: LINES.txt, types: { amt: decimal } } }
targets: { archive: { kind: embedded } }
strategy: { kind: big-bang }
`;
const charges = `stream: clinic.charge
children:
  lines: { stream: clinic.line, by: chg_id, order: line_no }
resources:
  Claim:
    patient: pt_id.reference('clinic.pt')
    status: =active
    use: =claim
    type: { text: type_cd.map('type') }
    created: created.dateTime('yyyy-MM-dd')
    provider: { display: fac_cd.lookup('clinic.facility').name }
    total: { value: 'lines.amt.aggregate($this + $total, 0)', currency: =USD }
`;

test('cli: convert of a folder goes by the plan of the project, with lookups and children', async () => {
  const files = {
    'project/handover.yaml': plan,
    'project/codes/type.csv':
      'source,target,display,system,equivalence,status\nP,professional,,,,approved\n',
    'project/mappings/clinic/pt.yaml': patients,
    'project/mappings/clinic/charge.yaml': charges,
    'project/mappings/clinic/line.yaml': 'stream: clinic.line\nfoldedInto: clinic.charge\n',
    'project/mappings/clinic/facility.yaml': 'stream: clinic.facility\nkey: fac_cd\nlookup: true\n',
    'in/pt.csv': header.replaceAll(',', '|') + '1|Doe|1980-01-02||\n',
    'in/charge.csv':
      'chg_id|pt_id|fac_cd|type_cd|created\n' +
      'c1|1|A|P|2024-01-02\nc2|1|NONE|P|2024-01-02\nc3|1|A|Q|2024-01-02\n',
    'in/LINES.txt':
      'chg_id|line_no|amt|note\nc1|2|0.50|x\nc1|1|10.10|\nc2|1|1|\nc9|1|1|\nc1|3|0.05|\n',
    'in/facility.csv': 'fac_cd|name|region\nA|North|N\n',
    'in/stray.csv': 'a|b\n1|2\n',
  };
  await within(files, async (folder) => {
    const words = ['--as', 'resources', 'in', 'out.ndjson'];
    const mapping = ['--mapping', 'project/mappings'];
    const { code, stdout, stderr } = await convert(folder, ...mapping, ...words);
    assert.equal(code, 0, stderr);
    const report = JSON.parse(stdout) as Report;
    assert.deepEqual([report.files, report.documents, report.refused], [4, 10, 4]);
    assert.deepEqual(
      report.places.map(({ file, line, reason }) => `${file}:${line} ${reason}`),
      [
        'in/charge.csv:3 lookup-missing',
        'in/charge.csv:4 code-unmapped',
        'in/LINES.txt:4 parent-held',
        'in/LINES.txt:5 parent-missing',
      ],
    );
    assert.ok(
      report.issues.some(
        ({ code: one, path }) => one === 'stream-unmapped' && path === 'in/stray.csv',
      ),
    );
    assert.deepEqual(report.unread, [
      { path: 'facility.region', documents: 1 },
      { path: 'line.note', documents: 1 },
    ]);
    const made = await resourcesIn(folder, 'out.ndjson');
    const claim = made.find((one) => one['resourceType'] === 'Claim');
    const patient = made.find((one) => one['resourceType'] === 'Patient');
    assert.equal(made.length, 2);
    assert.deepEqual(claim?.['patient'], { reference: `Patient/${String(patient?.['id'])}` });
    assert.deepEqual(claim?.['provider'], { display: 'North' });
    assert.match(await readFile(join(folder, 'out.ndjson'), 'utf8'), /"value":10\.65[,}]/);

    // One mapping of the project takes what the others say of its references and lookups.
    const one = ['--mapping', 'project/mappings/clinic/charge.yaml'];
    const single = await convert(folder, ...one, 'in', 'one.ndjson');
    assert.equal(single.code, 0, single.stderr);
    assert.equal((await resourcesIn(folder, 'one.ndjson')).length, 1);
    const alone = await convert(folder, ...one, 'in/charge.csv', 'alone.ndjson');
    assert.equal(alone.code, 3);
    assert.match(alone.stderr, /stream-unknown.*clinic\.line/);
    const facility =
      'facility: { key: fac_cd, columns: { fac_cd: { type: text }, name: { type: text } } }\n';
    const line =
      'line: { columns: { chg_id: { type: text }, line_no: { type: text }, amt: { type: decimal } } }\n';
    await mkdir(join(folder, 'project/streams'));
    await writeFile(join(folder, 'project/streams/clinic.yaml'), facility + line);
    const described = await convert(folder, ...one, 'in/charge.csv', 'alone.ndjson');
    assert.equal(described.code, 2);
    assert.match(described.stderr, /lookup-file-missing/);
    assert.deepEqual((await readdir(folder)).toSorted(), [
      'in',
      'one.ndjson',
      'out.ndjson',
      'project',
    ]);
  });
});

test('cli: convert of a table says what is wrong before anything is written', async () => {
  const files = {
    'pt.yaml': patients,
    'wrong.yaml': patients.replace('last_nm', 'last_name'),
    'keyless.yaml': patients.replace('key: pt_id\n', ''),
    'standard.yaml': 'standard: hl7v2\nstream: labs.messages\n',
    'pt.csv': `${header}1,Doe,1980-01-02,,\n`,
    'headless.csv': '1,SECRETNAME,1980-01-02,,\n',
    'texts.csv': 'SECRETNAME,last_nam\n',
    'folded.yaml': 'stream: clinic.pt\nexclude: { when: "last_nm = \'x\'", reason: gone }\n',
    'empty.csv': '',
    'binary.csv': Buffer.from([0x22, 0xff, 0xfe, 3]),
  };
  await within(files, async (folder) => {
    const cases: [string[], number, RegExp][] = [
      [['pt.csv'], 2, /mapping-needed/],
      [['--mapping', 'none.yaml', 'pt.csv'], 2, /input-missing/],
      [['--mapping', 'pt.yaml', 'none.csv'], 2, /input-missing/],
      [['--mapping', 'pt.yaml', '--stream', 'clinic.other', 'pt.csv'], 2, /stream-unclear/],
      [['--mapping', 'standard.yaml', 'pt.csv'], 2, /mapping-standard/],
      [['--mapping', 'wrong.yaml', 'pt.csv'], 3, /"file":"wrong\.yaml","line":7,"column":22/],
      [['--mapping', 'keyless.yaml', 'pt.csv'], 3, /key-undeclared/],
      [['--mapping', 'pt.yaml', 'headless.csv'], 3, /source-header-unlike/],
      [
        ['--mapping', 'folded.yaml', 'headless.csv'],
        3,
        /source-header-unlike.*of its 5 fields 2 are/,
      ],
      [['--mapping', 'folded.yaml', 'texts.csv'], 3, /header-unlike.*among the 2 columns/],
    ];
    for (const [words, expected, told] of cases) {
      const { code, stderr } = await convert(folder, ...words, 'out.ndjson');
      assert.equal(code, expected, `${words.join(' ')}: ${stderr}`);
      assert.match(stderr, told);
      assert.ok(!/SECRETNAME|last_nam\b/.test(stderr));
    }
    assert.ok(!(await readdir(folder)).some((name) => name.startsWith('out')));
    for (const [file, reason] of [
      ['empty.csv', 'file-empty'],
      ['binary.csv', 'source-header-unreadable'],
    ] as const) {
      const { code, stdout } = await convert(
        folder,
        '--mapping',
        'pt.yaml',
        file,
        `${file}.ndjson`,
      );
      assert.equal(code, 6);
      assert.equal((JSON.parse(stdout) as Report).places[0]?.reason, reason);
    }
    const away = join(folder, 'missing', 'out.ndjson');
    assert.match(
      (await convert(folder, '--mapping', 'pt.yaml', 'pt.csv', away)).stderr,
      /output-unwritable/,
    );
    const other = [
      'convert',
      '--from',
      'hl7v2',
      '--to',
      'fhir',
      '--mapping',
      'pt.yaml',
      'pt.csv',
      'x',
    ];
    assert.equal((await start(other, { folder }).end).code, 2);
  });
});
