import assert from 'node:assert/strict';
import { test } from 'node:test';
import { embeddedConnector } from '../../connectors/embedded/connector.ts';
import { fhirConnector } from '../../connectors/fhir/connector.ts';
import { mllpConnector } from '../../connectors/mllp/mllpConnector.ts';
import { mysqlConnector } from '../../connectors/mysql/mysqlConnector.ts';
import { postgresConnector } from '../../connectors/postgres/postgresConnector.ts';
import type { Connector } from '../../model/connector.ts';
import { compilePlan } from './compile.ts';
import { judgeProject } from './read.ts';
import { stewardshipProblems } from './stewardship.ts';

const none = { mappings: [], codeMaps: [], functions: [] };
const connectors = new Map(
  [
    embeddedConnector(() => Promise.reject(new Error('nothing is opened'))),
    fhirConnector,
    mllpConnector(undefined),
    mysqlConnector,
    postgresConnector,
  ].map((one) => [one.kind, one as Connector]),
);

function textOf(source: string, target = '{ kind: embedded }', control = '') {
  const plan = `name: one
sources:
  clinic: ${source}
targets:
  chart: ${target}
${control}
strategy: { kind: big-bang }
`;
  const { value, problems } = judgeProject({ plan, ...none });
  assert.ok(value !== undefined, JSON.stringify(problems));
  return value;
}

/** What is wrong with a plan, by code and line. */
function problemsOf(
  [source, target, control]: [source: string, target?: string | undefined, control?: string],
  environment: Record<string, string> = {},
): string[] {
  const { problems } = compilePlan(textOf(source, target, control), connectors, environment);
  return problems.map(({ code, line }) => `${code} ${line}`);
}

const local = '{ kind: postgres, url: postgresql://localhost/legacy }';
const until = (day: string): string =>
  `withoutTls: { owner: network team, reason: the way there is an IPsec tunnel, expires: '${day}' }`;

const unsealedSources = [
  '{ kind: postgres, url: postgresql://db.clinic.example/legacy }',
  '{ kind: postgres, url: postgresql://db.clinic.example/legacy?sslmode=disable }',
  '{ kind: postgres, url: postgresql://db.clinic.example/legacy?sslmode=no-verify }',
  '{ kind: postgres, url: postgresql://db.clinic.example/legacy?sslmode=require }',
  '{ kind: postgres, url: postgresql://localhost/legacy?host=10.0.0.7 }',
  "{ kind: postgres, url: 'postgresql://db.clinic.example/legacy?uselibpqcompat=true&sslmode=require' }",
  '{ kind: mysql, url: mysql://db.clinic.example/legacy, tls: unverified }',
  "{ kind: mysql, url: mysql://db.clinic.example/legacy, tls: 'off' }",
  '{ kind: mllp, port: 2575, host: 0.0.0.0 }',
];

const sealedSources = [
  local,
  '{ kind: postgres, url: postgresql://127.0.0.1/legacy?sslmode=disable }',
  '{ kind: postgres, url: postgresql://localhost/legacy?host=/run/postgresql }',
  '{ kind: postgres, url: postgresql://db.clinic.example/legacy?sslmode=verify-full }',
  '{ kind: mysql, url: mysql://db.clinic.example/legacy }',
  '{ kind: mysql, url: mysql://localhost/legacy?socket=/run/mysqld.sock }',
  '{ kind: mllp, port: 2575 }',
  '{ kind: mllp, port: 2575, host: 0.0.0.0, tls: { certificate: a.pem, key: b.pem } }',
];

for (const source of unsealedSources) {
  test(`R15 a source without verified TLS needs an exception: ${source}`, () => {
    assert.deepEqual(problemsOf([source]), ['wire-unsealed 3']);
    const excepted = source.replace(' }', `, ${until('2027-01-31')} }`);
    assert.deepEqual(problemsOf([excepted]), []);
  });
}

test('R15 verified TLS, and what never leaves the machine, needs none', () => {
  for (const source of sealedSources) assert.deepEqual(problemsOf([source]), [], source);
});

test('R15 a FHIR server in clear needs an exception; its tokens never go in clear', () => {
  const open = 'kind: fhir, url: http://ehr.example/fhir';
  assert.deepEqual(problemsOf([local, `{ ${open} }`]), ['wire-unsealed 5']);
  assert.deepEqual(problemsOf([local, `{ ${open}, ${until('2027-01-31')} }`]), []);
  assert.deepEqual(problemsOf([local, '{ kind: fhir, url: https://ehr.example/fhir }']), []);
  assert.deepEqual(problemsOf([local, '{ kind: fhir, url: http://127.0.0.1:8080/fhir }']), []);
});

test('R15 databases of the environment are judged alike, and an address never stands in a message', () => {
  const DATABASE_URL = 'postgresql://keeper:secret@control.example/handover';
  assert.deepEqual(problemsOf([local], { DATABASE_URL }), ['wire-unsealed 1']);
  const sealed = { DATABASE_URL: `${DATABASE_URL}?sslmode=verify-full` };
  assert.deepEqual(problemsOf([local], sealed), []);
  const excepted = `control: { ${until('2027-01-31')} }`;
  assert.deepEqual(problemsOf([local, undefined, excepted], { DATABASE_URL }), []);
  const { problems } = compilePlan(textOf(local), connectors, { DATABASE_URL });
  assert.doesNotMatch(JSON.stringify(problems), /secret|control\.example/);
});

test('R15 whoever takes the check of certificates from Node has no verified TLS', () => {
  const sealed = '{ kind: mysql, url: mysql://db.clinic.example/legacy }';
  const environment = { NODE_TLS_REJECT_UNAUTHORIZED: '0' };
  assert.deepEqual(problemsOf([sealed], environment), ['wire-unsealed 3']);
  assert.deepEqual(problemsOf([local], environment), []);
});

test('R15 an exception names who answers and why, and nothing begins under one that has ended', () => {
  const text = textOf(`{ kind: mllp, port: 2575, host: 0.0.0.0, ${until('2027-01-31')} }`);
  const told = (today: string): string[] =>
    stewardshipProblems(text, today).map(({ code, line }) => `${code} ${line}`);
  assert.deepEqual(told('2027-01-31'), []);
  assert.deepEqual(told('2027-02-01'), ['exception-ended 3']);
  const plan = `name: one
sources: { clinic: { kind: mllp, port: 1, withoutTls: { owner: us, reason: short, expires: soon } } }
targets: {}
strategy: { kind: big-bang }
`;
  assert.equal(judgeProject({ plan, ...none }).problems.length, 2);
});
