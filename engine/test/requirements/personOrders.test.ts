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
const families =
  'NUNEZ OKAFOR KOWALSKI BERG TRAN SINGH HOLLOWAY IBARRA CASTLE DVORAK EASTMAN FERRARI GRIMALDI HUTCHINS ISAKSEN JUAREZ KRAMER LINDGREN MBEKI NAKAMURA OSULLIVAN PETROV QUIGLEY ROSSITER SAVAGE THORNTON UNDERHILL VASQUEZ WHITFIELD YAMADA ZELLER ABERNATHY'.split(
    ' ',
  );
const givens =
  'ANA JOHN EWA LARS MINH ASHA RUTH TOMAS CLARA DAVID ELENA FELIX GRETA HUGO IRIS JONAS KAREN LEO MARTA NILS OLIVE PAVEL QUINN ROSA SIMON THEA URSULA VICTOR WANDA YUSUF ZOE ADAM'.split(
    ' ',
  );

/** People with two to four records each, of which some share no more than a link to a third; and twins. */
const records: readonly string[] = families.flatMap((family, at) => {
  const given = givens[at] as string;
  const born = `${1931 + ((at * 37) % 80)}-0${1 + (at % 9)}-${10 + ((at * 7) % 19)}`;
  const sex = at % 2 === 0 ? 'F' : 'M';
  const [home, phone, ssn] = [
    `${at + 1}2 OAK ST,605${10 + at}`,
    `70855501${10 + at}`,
    `4575554${10 + at}`,
  ];
  return [
    `${family},${given},${born},${sex},${home},${phone},${ssn}`,
    // Moved, with her number alone.
    `${family},${given},${born},${sex},9 NEW RD,60126,,${ssn}`,
    ...(at % 2 === 0 ? [`${family},${given},${born},${sex},${home},${phone},`] : []),
    ...(at % 3 === 0
      ? [`${family.slice(0, 3)}${family.slice(4)},${given},${born},${sex},${home},${phone},`]
      : []),
    ...(at % 4 === 1 ? [`${family},${given},${born},${sex},${home},,`] : []),
    ...(at % 15 === 2 ? [`${family},OLGA,${born},${sex},${home},${phone},`] : []),
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
  const parts = Array.from({ length: instalments }, (_, at) =>
    order.slice(
      Math.floor((at * order.length) / instalments),
      Math.floor(((at + 1) * order.length) / instalments),
    ),
  );
  const project = owned(context, await ownClinic(clinic(tableOf(parts[0] ?? []))));
  const bench = owned(context, await openWorkbench(project.opened));
  const { database } = bench;
  if (model) {
    await database.transaction((transaction) =>
      pinModel(transaction, { kind: 'Patient', digest: modelDigest(model), model }),
    );
  }
  const idOf = (at: number): string =>
    stableId(project.key.tag('clinic.person', `p${at}`), 'Patient');
  let persons: Persons = await personsAtHand(database);
  const owners = new Map<string, number>();
  const seen: number[] = [];
  for (const part of parts) {
    await project.write('own/tables/person.csv', `${tableOf(part)}\n`);
    const { state, code } = await bench.run();
    assert.deepEqual(bench.errors, []);
    assert.equal(state, 'finished', code);
    persons = await personsAtHand(database);
    seen.push(...part);
    requireOwners(persons, seen, idOf, owners);
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

/** An id that named a person names whoever has the record that it named then. */
function requireOwners(
  persons: Persons,
  seen: readonly number[],
  idOf: (at: number) => string,
  owners: Map<string, number>,
): void {
  for (const at of seen) {
    const id = idOf(at);
    const person = persons.personOf(id);
    assert.ok(persons.recordsOf(id).includes(id), 'an id leads to who has that record');
    assert.equal(persons.personOf(person), person);
    assert.equal(persons.recordsOf(person)[0], person, 'the oldest gives the name');
    const owner = owners.get(person) ?? seen.find((one) => idOf(one) === person);
    assert.equal(idOf(owner as number), person, 'an id never changes its owner');
    owners.set(person, owner as number);
  }
}

/** How many instalments each of twenty orders comes in. */
const instalmentsOf = [...Array.from({ length: 16 }, () => 1), 7, 7, 7, 100];

test('R10 records in 20 orders and in 1, 7 and 100 instalments, each a run, are the same persons', async (context) => {
  const whole = await fed(context, [...records.keys()], 1);
  assert.ok(records.length >= 100, `${records.length} records`);
  assert.ok(whole.partition.length < records.length, 'somebody is linked');
  assert.ok(whole.partition.length > families.length, 'and the twins are not');
  const random = seededRandom('orders over the store');
  for (const instalments of instalmentsOf) {
    const started = performance.now();
    const { partition } = await fed(context, shuffled(random), instalments, whole.model);
    const seconds = ((performance.now() - started) / 1_000).toFixed(1);
    context.diagnostic(`${instalments} instalments: ${seconds} s`);
    assert.deepEqual(partition, whole.partition, `${instalments} instalments`);
  }
});
