/** C-CDA documents as a source of a run: who they are of, what they say, and what cannot be read. */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { listExceptions } from '../../src/ledger/exceptions.ts';
import { texts } from '../../src/verification/concepts/elements.ts';
import { feedProject, type FeedProject } from './feedProject.ts';
import { chartOf } from './ownClinic.ts';
import { owned } from './owned.ts';
import { openWorkbench, type Workbench } from './workbench.ts';

interface Chart {
  id: string;
  time: string;
  family?: string;
  born?: string;
  /** Status and substance of an allergy; the same allergy in every document. */
  allergy?: { code: string; negated?: boolean };
}

function document({ id, time, family = 'NUNEZ', born = '19741203', allergy }: Chart): string {
  const entry =
    allergy &&
    `<component><section>
      <code code="48765-2" codeSystem="2.16.840.1.113883.6.1"/><title>Allergies</title>
      <text>Allergies</text>
      <entry><act classCode="ACT" moodCode="EVN">
        <templateId root="2.16.840.1.113883.10.20.22.4.30"/><id root="2.999.3" extension="act-1"/>
        <code code="CONC" codeSystem="2.16.840.1.113883.5.6"/><statusCode code="active"/>
        <entryRelationship typeCode="SUBJ">
          <observation classCode="OBS" moodCode="EVN" negationInd="${allergy.negated === true}">
            <templateId root="2.16.840.1.113883.10.20.22.4.7"/>
            <id root="2.999.3" extension="allergy-1"/>
            <code code="ASSERTION" codeSystem="2.16.840.1.113883.5.4"/>
            <statusCode code="completed"/>
            <value xsi:type="CD" code="416098002" codeSystem="2.16.840.1.113883.6.96"/>
            <participant typeCode="CSM"><participantRole classCode="MANU">
              <playingEntity classCode="MMAT">
                <code code="${allergy.code}" codeSystem="2.16.840.1.113883.6.88"/>
              </playingEntity>
            </participantRole></participant>
          </observation>
        </entryRelationship>
      </act></entry>
    </section></component>`;
  return `<?xml version="1.0" encoding="UTF-8"?>
<ClinicalDocument xmlns="urn:hl7-org:v3" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
  <id root="2.999.1" extension="${id}"/>
  <code code="34133-9" codeSystem="2.16.840.1.113883.6.1"/>
  <title>Summary</title>
  <effectiveTime value="${time}"/>
  <confidentialityCode code="N" codeSystem="2.16.840.1.113883.5.25"/>
  <recordTarget><patientRole>
    <id root="2.999.2" extension="1001"/>
    <patient>
      <name><given>Ana</given><family>${family}</family></name>
      <administrativeGenderCode code="F" codeSystem="2.16.840.1.113883.5.1"/>
      ${born === '' ? '' : `<birthTime value="${born}"/>`}
    </patient>
  </patientRole></recordTarget>
  <component><structuredBody>${entry ?? ''}</structuredBody></component>
</ClinicalDocument>
`;
}

async function feedBench(
  context: TestContext,
): Promise<{ project: FeedProject; bench: Workbench }> {
  const project = owned(context, await feedProject('ccda', ['CCD', 'Referral', 'unreadable']));
  const bench = owned(context, await openWorkbench(project.opened, { records: 1 }));
  return { project, bench };
}

async function requireGreen(bench: Workbench, run: string): Promise<void> {
  assert.deepEqual(await bench.findings(run), []);
  for (const { stream, balanced, waiting } of (await bench.report(run)).streams) {
    assert.ok(balanced && waiting === 0, `${stream} balances`);
  }
}

async function standing(project: FeedProject): Promise<unknown[]> {
  const chart = [...(await chartOf(project)).values()];
  const of = (type: string, path: string): string =>
    chart
      .filter((one) => one['resourceType'] === type)
      .map((one) => texts(one, path).join())
      .join('; ');
  return [
    of('Patient', 'name.family'),
    of('Patient', 'birthDate'),
    of('AllergyIntolerance', 'code.coding.code'),
    of('AllergyIntolerance', 'verificationStatus.coding.code'),
  ];
}

test('R11 documents of one person are one chart, the newest told last; what is none is held', async (context) => {
  const { project, bench } = await feedBench(context);
  const newest = document({
    id: 'B',
    time: '20240301080000-0600',
    family: 'REYES',
    born: '',
    allergy: { code: '7980', negated: true },
  });
  await project.deliver({
    'a/newest.xml': newest,
    'b/older.xml': document({ id: 'A', time: '20240105080000-0600', allergy: { code: '7980' } }),
    'b/copy.xml': newest,
    'broken.xml': newest.slice(0, 900),
    'type.xml': newest.replace('<ClinicalDocument', '<!DOCTYPE x><ClinicalDocument'),
    'readme.txt': 'these are documents',
  });
  const first = await bench.run();
  assert.equal(first.state, 'finished', first.code ?? String(bench.errors[0]));
  await requireGreen(bench, first.run);
  assert.deepEqual(await standing(project), ['REYES', '1974-12-03', '7980', 'refuted']);
  // What waited for its referent has been loaded since.
  const all = await listExceptions(bench.database, first.run, {});
  const held = all.filter(({ kind }) => kind !== 'waiting');
  assert.deepEqual(held.map(({ key, kind }) => `${key.stream} ${kind}`).toSorted(), [
    'feed.CCD excluded',
    'feed.unreadable quarantined',
    'feed.unreadable quarantined',
    'feed.unreadable quarantined',
  ]);

  await project.deliver({
    'late.xml': document({ id: 'C', time: '20240201080000-0600', family: 'NUNES' }),
    'new.xml': document({
      id: 'D',
      time: '20240501080000-0600',
      family: 'REYES',
      allergy: { code: '7980' },
    }),
  });
  const second = await bench.run();
  assert.equal(second.state, 'finished', second.code ?? String(bench.errors[0]));
  await requireGreen(bench, second.run);
  assert.deepEqual(await standing(project), ['REYES', '1974-12-03', '7980', '']);
});
