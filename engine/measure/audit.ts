import { databaseAuditLog, signAuditHead } from '../src/audit/auditLog.ts';
import type { AuditEvent } from '../src/audit/auditEvent.ts';
import { verifyAuditLog } from '../src/audit/verify.ts';
import { systemClock } from '../src/base/clock.ts';
import { silentLog } from '../src/base/log.ts';
import { systemRandom } from '../src/base/random.ts';
import { signingKeyFrom } from '../src/keys/signingKey.ts';
import { openDatabase } from '../src/store/database.ts';
import { migrate } from '../src/store/migrate.ts';
import { testCluster } from '../src/store/testing.ts';

export interface AuditFigures {
  events: number;
  appendPerSecond: number;
  verifySeconds: number;
  /** Signed heads of the log. */
  checkpoints: number;
  faults: number;
}

const controlMigrations = new URL('../src/store/migrations/control/', import.meta.url);

/** Looks at 200 patients a request, as a page of a console or of an export has. */
const eventsPerRequest = 200;
/** Requests that come while others are being written. */
const atOnce = 16;

/** Append looks to an empty log, durably and signed; then recompute the whole of it. */
export async function measureAudit(events = 1_000_000): Promise<AuditFigures> {
  const fresh = await (await testCluster()).freshDatabase();
  try {
    const database = openDatabase(fresh.spec, { log: silentLog });
    await migrate({ database, folder: controlMigrations });
    const origin = 'handover/measure/audit';
    const signer = signingKeyFrom(systemRandom.bytes(32));
    const services = { clock: systemClock, random: systemRandom, origin, signer };
    const log = databaseAuditLog(database, services);
    const requests = Math.ceil(events / eventsPerRequest);
    const began = performance.now();
    let next = 0;
    const client = async (): Promise<void> => {
      for (let at = next++; at < requests; at = next++) {
        const from = at * eventsPerRequest;
        await log.record(looks(from, Math.min(eventsPerRequest, events - from)));
      }
    };
    await Promise.all(Array.from({ length: atOnce }, client));
    const appended = performance.now();
    const anchor = await signAuditHead(database, services);
    const witness = { origin, publicKey: signer.publicKey, anchors: [anchor] };
    const verifying = performance.now();
    const verdict = await database.read((reader) => verifyAuditLog(reader, witness));
    const verified = performance.now();
    await database.close();
    return {
      events: verdict.events,
      appendPerSecond: Math.round(events / ((appended - began) / 1000)),
      verifySeconds: Math.round(verified - verifying) / 1000,
      checkpoints: verdict.checkpoints,
      faults: verdict.faults.length,
    };
  } finally {
    await fresh.drop();
  }
}

function looks(from: number, count: number): AuditEvent[] {
  const instant = systemClock.now();
  return Array.from({ length: count }, (_, at) => ({
    instant,
    actor: 'reviewer',
    action: 'search',
    resourceType: 'Observation',
    resourceIds: [`o${from + at}`, `o${from + at}b`],
    patient: `p${from + at}`,
    outcome: 'disclosed',
  }));
}
