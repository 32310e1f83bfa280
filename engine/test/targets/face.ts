/** The embedded target behind its own REST face: a real FHIR R4 server on the loopback interface. */
import { systemClock } from '../../src/base/clock.ts';
import { hmacSha256Hex } from '../../src/base/digest.ts';
import { silentLog } from '../../src/base/log.ts';
import { systemRandom } from '../../src/base/random.ts';
import { openEmbeddedStore, type EmbeddedStore } from '../../src/connectors/embedded/store.ts';
import { createServer, listenLoopback } from '../../src/server/server.ts';
import { testCluster } from '../../src/store/testing.ts';

export interface Face {
  /** Base address. */
  url: string;
  token: string;
  /** A look behind the face. */
  store: EmbeddedStore;
  close(): Promise<void>;
}

/** An empty server; close it, and its database goes. */
export async function startFace(): Promise<Face> {
  const database = await (await testCluster()).freshDatabase();
  const shared = { clock: systemClock, random: systemRandom, log: silentLog };
  const store = await openEmbeddedStore({
    ...shared,
    connection: database.spec,
    name: 'face',
    secret: Buffer.alloc(32, 3),
    digest: hmacSha256Hex(Buffer.alloc(32, 4)),
  });
  const token = 't'.repeat(43);
  const audit = { record: async () => undefined };
  const app = createServer({ ...shared, store, audit, token, actor: 'tester' });
  const url = await listenLoopback(app);
  return {
    url,
    token,
    store,
    close: async () => {
      await app.close();
      await store.close();
      await database.drop();
    },
  };
}
