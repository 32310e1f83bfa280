/** Functions in TypeScript that a mapping names, in whole runs, previews and comparisons. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { canonicalJson } from '../../src/base/json.ts';
import { exceptionCauses } from '../../src/ledger/exceptions.ts';
import { chartOf, ownClinic } from './ownClinic.ts';
import { openWorkbench } from './workbench.ts';

const person = `
stream: clinic.person
resources:
  Patient: { name: [{ family: family }] }
`;

const order = `
stream: clinic.order
resources:
  Basic#one:
    $function: sig.ts#order
    $with: { about: pt_id.reference('clinic.person'), text: sig, qty: qty.decimal() }
  Basic#two:
    $when: sig.exists()
    code: { text: { $function: sig.ts#shout, $with: { text: sig } } }
    extension: { $function: sig.ts#words, $with: { text: sig, url: =urn:word } }
    identifier: [{ $function: sig.ts#numbered, $with: { text: sig } }]
`;

const sig = `import type { MappingFunction } from '@handover/engine/mapping-function';

interface Order { about: { reference: string }; text?: string; qty?: string }

export const order: MappingFunction<Order> = ({ about, text, qty }) => {
  if (text === 'BAD') throw new Error(\`cannot read \${text}\`);
  if (text === 'ODD') return { code: { text }, nonsense: 1 };
  if (text === 'LOST') return { code: { text }, subject: { reference: 'Patient/1' } };
  return {
    code: { text: text ?? 'none' },
    subject: about,
    extension: [{ url: 'urn:qty', valueDecimal: qty }],
  };
};
export const shout = ({ text }: { text: string }) => text.toUpperCase();
export const words = ({ text, url }: { text: string; url: string }) =>
  text.split(' ').map((valueString) => ({ url, valueString }));
export const numbered = ({ text }: { text: string }) =>
  text === 'none at all' ? undefined : { value: text };
`;

test('R11 functions of a mapping make elements and resources; what they throw holds one record, and a mended one is replayed', async (context) => {
  const project = await ownClinic({
    tables: {
      person: 'person_id,family\np1,One\n',
      order: [
        'ord_id,pt_id,sig,qty',
        'o1,p1,take two,0.50',
        'o2,p1,BAD,1',
        'o3,p1,ODD,1',
        'o4,p1,LOST,1',
        'o5,p1,,2',
        'o6,p1,none at all,x',
      ].join('\n'),
    },
    mappings: { person, order },
  });
  context.after(() => project.close());
  await project.write('own/mappings/sig.ts', sig);
  const bench = await openWorkbench(project.opened, { records: 2 });
  context.after(() => bench.close());
  const { run, state, code } = await bench.run();
  assert.deepEqual(bench.errors, []);
  assert.equal(state, 'finished', code);
  const causes = await exceptionCauses(bench.database, run);
  assert.deepEqual(causes.map((cause) => `${cause.code} ${cause.path}`).toSorted(), [
    'decimal-unreadable Basic.$with.qty',
    'function-failed Basic (sig.ts:6:29)',
    'function-reference Basic.subject',
    'function-result Basic.nonsense',
  ]);
  const made = [...(await chartOf(project)).entries()].filter(([name]) =>
    name.startsWith('Basic/'),
  );
  const bodies = made.map(([, body]) => canonicalJson(body).replace(/"id":"[^"]*",/, ''));
  assert.equal(bodies.length, 3);
  assert.ok(bodies.some((body) => body.includes('"valueDecimal":0.50')));
  const [patient] = [...(await chartOf(project)).keys()].filter((name) => name.startsWith('Pat'));
  assert.ok(bodies.some((body) => body.includes(`"subject":{"reference":"${patient}"}`)));
  assert.ok(
    bodies.some((body) =>
      body.includes(
        '"code":{"text":"TAKE TWO"},"extension":[{"url":"urn:word","valueString":"take"},' +
          '{"url":"urn:word","valueString":"two"}],"identifier":[{"value":"take two"}]',
      ),
    ),
    bodies.join('\n'),
  );

  await project.write('own/mappings/sig.ts', sig.replace("text === 'BAD'", "text === 'WORSE'"));
  await bench.replay(run, { code: 'function-failed' });
  assert.deepEqual(bench.errors, []);
  assert.equal((await exceptionCauses(bench.database, run)).length, 3);
  assert.equal((await chartOf(project)).size, 1 + 3 + 2);
});
