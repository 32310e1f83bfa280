/** A person whose records were combined is erased: what the chart kept of the other record goes too. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeBase32 } from '../../src/base/base32.ts';
import { systemClock } from '../../src/base/clock.ts';
import { systemRandom } from '../../src/base/random.ts';
import { parcelsOf } from '../../src/cli/composition.ts';
import { chartedContext, chartsOfRun } from '../../src/run/linkage/chartedRows.ts';
import { eraseSubject } from '../../src/run/subjects/erase.ts';
import { ownClinic } from './ownClinic.ts';
import { owned } from './owned.ts';
import { openWorkbench } from './workbench.ts';

const header = 'pt,family,given,born,sex,street,zip,phone';
const people = [
  'OKAFOR,JOHN,1950-06-14,M,3 ELM AVE,60402,7085550199',
  'BERG,LARS,1963-09-09,M,5 LAKE DR,60525,7085550177',
];

const mapping = (table: string): string => `
stream: clinic.${table}
resources:
  Patient:
    identifier: [{ system: =urn:${table}, value: pt }]
    name: [{ family: family, given: [given] }]
    birthDate: born.date('yyyy-MM-dd')
    gender: iif(sex = 'F', 'female', 'male')
    address: [{ line: [street], postalCode: zip }]
    telecom: [{ system: =phone, value: phone }]
`;

const table = (letter: string): string =>
  [header, ...people.map((one, at) => `${letter}${at},${one}`)].join('\n');

test('R14 R24 an erased person: what the chart kept of a combined record is gone, others keep theirs', async (context) => {
  const project = owned(
    context,
    await ownClinic({
      tables: { person: table('p'), lab: table('l') },
      mappings: { person: mapping('person'), lab: mapping('lab') },
      plan: 'linkage: { streams: [clinic.person, clinic.lab] }',
    }),
  );
  const bench = owned(context, await openWorkbench(project.opened));
  const { run, state } = await bench.run();
  assert.equal(state, 'finished');
  const { database } = bench;
  const { key } = project;
  const kept = async (): Promise<{ chart: Buffer; text: string }[]> => {
    const { rows } = await database.query<{ chart: Buffer; kept: Buffer }>(
      'select chart, kept from handover.charted where run = $1',
      [run],
    );
    return rows.map(({ chart, kept: sealed }) => {
      return { chart, text: key.open(sealed, chartedContext(run)).toString('utf8') };
    });
  };
  const before = await kept();
  assert.equal(before.length, 2);
  const johns = before.find(({ text }) => text.includes('"l0"'));
  assert.ok(johns !== undefined);
  const other = before.find(({ chart }) => !chart.equals(johns.chart));
  assert.ok(other !== undefined);
  await database.transaction((one) =>
    one.query(
      `insert into handover.brought_chart (run, round, record, chart, kept)
       select run, round, $2::bytea, record, $3::bytea from handover.charted where run = $1 and chart = $2
       union all
       select run, round, $4::bytea, record, $3 from handover.charted where run = $1 and chart = $4`,
      [
        run,
        johns.chart,
        key.seal(Buffer.from('{"former":"{}","guards":[]}'), chartedContext(run)),
        other.chart,
      ],
    ),
  );
  const parcels = parcelsOf(project.opened, database);
  const { blobs } = project.opened;
  const services = { database, parcels, blobs, key, clock: systemClock, random: systemRandom };
  const { charted } = await eraseSubject(services, run, [johns.chart]);
  assert.equal(charted, 2);
  const charts = await chartsOfRun({ database, key }, run);
  const broughtBy = (chart: Buffer): number => charts.broughtBesideOf(encodeBase32(chart)).length;
  assert.deepEqual([johns.chart, other.chart].map(broughtBy), [0, 1]);
  const after = await kept();
  assert.deepEqual(
    after.map(({ text }) => /"l\d"/.exec(text)?.[0]),
    before.map(({ text }) => (text.includes('"l0"') ? undefined : '"l1"')),
  );
  await assert.rejects(
    database.transaction((one) => one.query('update handover.charted set record = chart')),
    'who is with whom stays',
  );
  await assert.rejects(
    database.transaction((one) => one.query('delete from handover.brought_chart')),
  );
});
