import { systemClock } from '../../src/base/clock.ts';
import { hmacSha256Hex } from '../../src/base/digest.ts';
import { silentLog } from '../../src/base/log.ts';
import { seededRandom } from '../../src/base/random.ts';
import {
  targetConformance,
  type TargetUnderTest,
} from '../../src/connectors/conformance/target.ts';
import { fhirConnector } from '../../src/connectors/fhir/connector.ts';
import { startFace } from './face.ts';

const digest = hmacSha256Hex(Buffer.from('a key for tests'));

for (const bundles of ['transaction', 'none']) {
  targetConformance(`fhir, bundles: ${bundles}`, () => overFace({ bundles }));
}

/** A FHIR target on the REST face of an embedded one. */
async function overFace(settings: Record<string, unknown>): Promise<TargetUnderTest> {
  const face = await startFace();
  const { configuration, target } = fhirConnector;
  const { url, token } = face;
  const parsed = configuration.parse({ url, token, ours: 'everything', entries: 500, ...settings });
  if ('problems' in parsed || target === undefined) throw new Error('the settings are wrong');
  return {
    target: target.create(parsed.value, {
      name: 'chart',
      clock: systemClock,
      random: seededRandom('conformance'),
      log: silentLog,
      digest,
      secret: () => Buffer.alloc(32, 7),
    }),
    capabilities: target.capabilities,
    digest,
    dispose: () => face.close(),
  };
}
