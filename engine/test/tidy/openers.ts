import { isForTests } from './house.ts';
import type { House } from './house.ts';
import { nameOf } from './sourceFile.ts';
import type { SourceFile, Violation } from './sourceFile.ts';

const why = 'who opens a connection stands in engine/test/tidy/openers.ts with where it goes';

/** What can open a connection to another machine. */
const modules = new Set([
  'node:net',
  'node:tls',
  'node:http',
  'node:https',
  'node:http2',
  'node:dgram',
  'pg',
  'mysql2',
  'mysql2/promise',
  'undici',
]);

/**
 * Every file of the engine that can open a connection, and where to. A plan that names a host is judged by
 * `engine/src/run/plan/wires.ts`; whatever stands here goes to nothing else.
 */
const openers: Readonly<Record<string, string>> = {
  'audit/bucket.ts': 'the bucket of anchors that the plan names; follows no redirect',
  'audit/otlpSender.ts': 'the SIEM that the plan names; follows no redirect',
  'audit/syslogSender.ts': 'the SIEM that the plan names',
  'audit/timeStampClient.ts':
    'the time stamping authority that the plan names; follows no redirect',
  'cli/commands/auditForward.ts': 'asks what an address is; sends by the senders of audit/',
  'cli/commands/send.ts': 'asks what an address is; sends by the sender of MLLP',
  'cli/view/writers.ts': 'a database that `requireReceiver` let pass',
  'connectors/fhir/exchange.ts':
    'the origin of a target, its `tokenUrl`, the provider of access.yaml, key sets of clients',
  'connectors/mllp/listener.ts': 'listens',
  'connectors/mllp/sender.ts': 'a receiver that `requireReceiver` let pass',
  'connectors/mysql/session.ts': 'the source that the plan names',
  'connectors/mysql/testServer.ts': 'a server of a test, on this machine',
  'connectors/postgres/postgresSource.ts': 'writes SQL; connects by store/',
  'connectors/postgres/slices.ts': 'writes SQL; connects by store/',
  'connectors/postgres/statement.ts': 'writes SQL; connects by store/',
  'durable/dbos.ts': 'the control database',
  'durable/dbosChild.ts': 'the control database',
  'durable/engineSocket.ts': 'the control database',
  'durable/liveness.ts': 'the control database',
  'sample/mysqlWriter.ts': 'a server of the sample hospital, on this machine',
  'server/console/consoleEntry.ts': 'asks what an address is',
  'server/listening.ts': 'listens',
  'store/database.ts': 'the control database, a target or source that the plan names',
  'store/postmaster.ts': 'the embedded server',
  'store/provision.ts': 'the control database',
  'store/sqlFailure.ts': 'reads errors',
  'store/wire.ts': 'reads a URL and never connects',
};

/** Files that can open a connection and are not on the list: what they reach, no plan has named. */
export function strangeOpeners(house: House): Violation[] {
  return house
    .matching(/^engine\/src\//)
    .filter(
      ({ path }) => !isForTests(path) && openers[path.slice('engine/src/'.length)] === undefined,
    )
    .flatMap((file) => [...opening(file)]);
}

function* opening(file: SourceFile): Generator<Violation> {
  const { path } = file;
  for (const { specifier, line, typeOnly } of file.imports) {
    if (!typeOnly && modules.has(specifier))
      yield { path, line, what: `imports ${specifier}`, why };
  }
  for (const node of file.nodes) {
    const callee = node['callee'] as { type?: string } | undefined;
    if (node.type !== 'CallExpression' || callee?.type !== 'Identifier') continue;
    const line = node.loc.start.line;
    if (nameOf(callee) === 'fetch') yield { path, line, what: 'calls fetch', why };
  }
}
