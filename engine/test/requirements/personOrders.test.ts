/**
 * Persons over the store: the same records in any order and in any instalments, each a run, are the same
 * persons under a pinned model, and an id never leads to anybody else.
 */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { seededRandom, type Random } from '../../src/base/random.ts';
import { stableId } from '../../src/keys/stableId.ts';
import { pinModel, pinnedModel } from '../../src/ledger/persons.ts';
import type { LinkageModel } from '../../src/linkage/model.ts';
import type { Persons } from '../../src/linkage/persons/persons.ts';
import { personsAtHand } from '../../src/run/linkage/personsAtHand.ts';
import { modelDigest } from '../../src/run/linkage/linkRecords.ts';
import { ownClinic, type OwnClinic } from './ownClinic.ts';
import { owned } from './owned.ts';
import { openWorkbench } from './workbench.ts';

const header = 'pt,family,given,born,sex,street,zip,phone,ssn';
const families = ['NUNEZ', 'OKAFOR', 'KOWALSKI', 'BERG', 'TRAN', 'SINGH', 'HOLLOWAY', 'IBARRA'];
const givens = ['ANA', 'JOHN', 'EWA', 'LARS', 'MINH', 'ASHA', 'RUTH', 'TOMAS'];

/** Eight people with two to four records each, of which some share no more than a link to a third; and twins. */
const records: readonly string[] = families.flatMap((family, at) => {
  const given = givens[at] as string;
  const born = `19${50 + at * 5}-0${at + 1}-1${at}`;
  const sex = at % 2 === 0 ? 'F' : 'M';
  const [home, phone, ssn] = [`${at + 1}2 OAK ST,6054${at}`, `708555010${at}`, `45755546${at}`];
  return [
    `${family},${given},${born},${sex},${home},${phone},${ssn}`,
    // Moved, with her number alone.
    `${family},${given},${born},${sex},9 NEW RD,60126,,${ssn}`,
    ...(at % 2 === 0 ? [`${family},${given},${born},${sex},${home},${phone},`] : []),
    ...(at % 3 === 0
      ? [`${family.slice(0, 3)}${family.slice(4)},${given},${born},${sex},${home},${phone},`]
      : []),
    ...(at === 2 ? [`${family},OLGA,${born},${sex},${home},${phone},`] : []),
  ];
});

function clinic(table: string): OwnClinic {
  return {
    tables: { person: table },
    mappings: {
      person: `
stream: clinic.person
resources:
  Patient:
    identifier:
      - { system: '=urn:riverside', value: pt }
      - { $when: ssn.exists(), system: '=http://hl7.org/fhir/sid/us-ssn', value: ssn }
    name: [{ family: family, given: [given] }]
    birthDate: born.date('yyyy-MM-dd')
    gender: iif(sex = 'F', 'female', 'male')
    address: [{ line: [street], postalCode: zip }]
    telecom: [{ $when: phone.exists(), system: =phone, value: phone }]
`,
    },
    plan: 'linkage: {}',
  };
}

const tableOf = (some: readonly number[]): string =>
  [header, ...some.map((at) => `p${at},${records[at]}`)].join('\n');

function shuffled(random: Random): number[] {
  const left = [...records.keys()];
  for (let at = left.length - 1; at > 0; at--) {
    const other = random.integer(at + 1);
    [left[at], left[other]] = [left[other] as number, left[at] as number];
  }
  return left;
}

interface Fed {
  partition: string[];
  model: LinkageModel;
}

/** A project that reads the records in this order, so many runs as there are instalments. */
async function fed(
  context: TestContext,
  order: readonly number[],
  instalments: number,
  model?: LinkageModel,
): Promise<Fed> {
  const size = Math.ceil(order.length / instalments);
  const project = owned(context, await ownClinic(clinic(tableOf(order.slice(0, size)))));
  const bench = owned(context, await openWorkbench(project.opened, { records: 5 }));
  const { database } = bench;
  if (model) {
    await database.transaction((transaction) =>
      pinModel(transaction, { kind: 'Patient', digest: modelDigest(model), model }),
    );
  }
  const idOf = (at: number): string =>
    stableId(project.key.tag('clinic.person', `p${at}`), 'Patient');
  let persons: Persons = await personsAtHand(database);
  for (let from = 0; from < order.length; from += size) {
    const part = order.slice(from, from + size);
    await project.write('own/tables/person.csv', `${tableOf(part)}\n`);
    const { state, code } = await bench.run();
    assert.deepEqual(bench.errors, []);
    assert.equal(state, 'finished', code);
    persons = await personsAtHand(database);
    for (const at of order.slice(0, from + size)) {
      const person = persons.personOf(idOf(at));
      assert.ok(
        persons.recordsOf(idOf(at)).includes(idOf(at)),
        'an id leads to who has that record',
      );
      assert.equal(persons.personOf(person), person);
      assert.equal(persons.recordsOf(person)[0], person, 'the oldest gives the name');
    }
  }
  const groups = Map.groupBy(order, (at) => persons.personOf(idOf(at)));
  const partition = [...groups.values()].map((some) =>
    some.toSorted((one, other) => one - other).join(' '),
  );
  return {
    partition: partition.toSorted(),
    model: (await pinnedModel(database, 'Patient'))?.model as LinkageModel,
  };
}

test('R10 records in any order and in any instalments, each a run, are the same persons', async (context) => {
  const whole = await fed(context, [...records.keys()], 1);
  assert.ok(whole.partition.length < records.length, 'somebody is linked');
  assert.ok(whole.partition.length > families.length, 'and the twin is not');
  const random = seededRandom('orders over the store');
  for (const instalments of [1, 3, 7]) {
    const { partition } = await fed(context, shuffled(random), instalments, whole.model);
    assert.deepEqual(partition, whole.partition, `${instalments} instalments`);
  }
});
