import { systemClock } from '../../base/clock.ts';
import { hmacSha256Hex } from '../../base/digest.ts';
import { silentLog } from '../../base/log.ts';
import { seededRandom } from '../../base/random.ts';
import { testCluster } from '../../store/testing.ts';
import { targetConformance } from '../conformance/target.ts';
import { embeddedConnector } from './connector.ts';

const digest = hmacSha256Hex(Buffer.from('a key for tests'));

targetConformance('embedded', async () => {
  const database = await (await testCluster()).freshDatabase();
  const { target } = embeddedConnector(async () => database.spec);
  if (target === undefined) throw new Error('the connector has no target');
  return {
    target: target.create(
      {},
      {
        name: 'archive',
        clock: systemClock,
        random: seededRandom('conformance'),
        log: silentLog,
        digest,
        secret: () => Buffer.alloc(32, 7),
      },
    ),
    capabilities: target.capabilities,
    digest,
    dispose: () => database.drop(),
  };
});
