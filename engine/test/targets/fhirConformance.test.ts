import { systemClock } from '../../src/base/clock.ts';
import { hmacSha256Hex } from '../../src/base/digest.ts';
import { silentLog } from '../../src/base/log.ts';
import { seededRandom } from '../../src/base/random.ts';
import {
  targetConformance,
  type TargetUnderTest,
} from '../../src/connectors/conformance/target.ts';
import { fhirConnector } from '../../src/connectors/fhir/connector.ts';
import { memoryIds, ScriptedServer } from '../../src/connectors/fhir/testing.ts';
import { startFace } from './face.ts';

const digest = hmacSha256Hex(Buffer.from('a key for tests'));

for (const bundles of ['transaction', 'none']) {
  targetConformance(`fhir, bundles: ${bundles}`, () => overFace({ bundles }));
  targetConformance(`fhir, ids: server, bundles: ${bundles}`, () => overScripted({ bundles }));
}

/** On the REST face of an embedded target. */
async function overFace(settings: Record<string, unknown>): Promise<TargetUnderTest> {
  const face = await startFace();
  const { url, token } = face;
  return underTest({ url, token, ours: 'everything', ...settings }, () => face.close());
}

/** On a server in memory that gives ids of its own. */
async function overScripted(settings: Record<string, unknown>): Promise<TargetUnderTest> {
  const server = await ScriptedServer.start();
  server.giveIds();
  return underTest({ url: server.url, ids: 'server', ...settings }, () => server.close());
}

function underTest(settings: object, dispose: () => Promise<void>): TargetUnderTest {
  const { configuration, target } = fhirConnector;
  const parsed = configuration.parse({ entries: 500, ...settings });
  if ('problems' in parsed || target === undefined) throw new Error('the settings are wrong');
  return {
    target: target.create(parsed.value, {
      name: 'chart',
      clock: systemClock,
      random: seededRandom('conformance'),
      log: silentLog,
      digest,
      secret: () => Buffer.alloc(32, 7),
      givenIds: memoryIds(),
    }),
    capabilities: target.capabilities,
    digest,
    dispose,
  };
}
