import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type TlsOptions } from 'node:tls';
import type { Clock } from '../../base/clock.ts';
import { exitCodes, HandoverError, systemCode } from '../../base/errors.ts';
import type { Log } from '../../base/log.ts';
import type { Random } from '../../base/random.ts';
import type { MllpConfiguration } from './configuration.ts';
import { Connection, type Traffic } from './connection.ts';
import type { Inbox } from './inbox.ts';
import { readTls } from './tls.ts';

export interface ListenerServices {
  inbox: Inbox;
  /** What names of files are relative to. */
  folder: string;
  clock: Clock;
  random: Random;
  log: Log;
}

/** A port where senders are answered. */
export interface Listener {
  port: number;
  traffic: Readonly<Traffic>;
  /** Take no more; answer what was read, and end every connection within the time. */
  drain(waitMs: number): Promise<void>;
}

const handshakeMs = 15_000;

/** Bytes of all frames together that are not whole: half a gibibyte, whoever connects. */
const mostHeld = 512 * 1024 * 1024;

/** @throws HandoverError `listen-failed` (exit 7), `tls-file-unreadable`. */
export async function openListener(
  configuration: MllpConfiguration,
  services: ListenerServices,
): Promise<Listener> {
  const { inbox, clock, random, log } = services;
  const traffic: Traffic = { kept: 0, repeated: 0, reused: 0, refused: 0 };
  const connections = new Set<Connection>();
  let held = 0;
  const accept = (socket: Socket): void => {
    const connection = new Connection(socket, {
      inbox,
      clock,
      random,
      log,
      traffic,
      longest: configuration.largestMiB * 1024 * 1024,
      idleMs: configuration.idleSeconds * 1_000,
      hold: (bytes) => (held += bytes) <= mostHeld,
    });
    connections.add(connection);
    void connection.closed.then(() => connections.delete(connection));
  };
  const server = await serverOf(configuration, services, accept);
  server.maxConnections = configuration.connections;
  server.on('drop', () => log.warn('mllp.tooManyConnections', { count: connections.size }));
  const port = await listening(server, configuration);
  return {
    port,
    traffic,
    async drain(waitMs) {
      server.close();
      for (const connection of connections) connection.drain();
      const late = new AbortController();
      const enough = clock.sleep(waitMs, late.signal).catch(() => undefined);
      const closed = [...connections].map((connection) => connection.closed);
      await Promise.race([Promise.all(closed), enough]);
      late.abort();
      for (const connection of connections) connection.destroy();
    },
  };
}

/** A sender that says it is done may still be answered: connections are closed half by half. */
async function serverOf(
  { tls }: MllpConfiguration,
  { folder, log }: ListenerServices,
  accept: (socket: Socket) => void,
): Promise<Server> {
  if (tls === undefined) return createServer({ allowHalfOpen: true }, accept);
  const { certificate, key, clients: authorities } = tls;
  const options: TlsOptions = {
    ...(await readTls(folder, { certificate, key, authorities })),
    allowHalfOpen: true,
    handshakeTimeout: handshakeMs,
    requestCert: authorities !== undefined,
    rejectUnauthorized: authorities !== undefined,
  };
  const server = createTlsServer(options, accept);
  server.on('tlsClientError', () => log.warn('mllp.handshakeFailed'));
  return server;
}

function listening(server: Server, { host, port }: MllpConfiguration): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => {
      const code = systemCode(error) ?? 'unknown';
      const told = new HandoverError(
        'listen-failed',
        `cannot listen at ${host}:${port} (${code})`,
        {
          next: 'Give the source another `port` or `host`, or stop what listens there.',
          exitCode: exitCodes.unavailable,
        },
      );
      reject(told);
    });
    server.listen({ host, port }, () => resolve((server.address() as AddressInfo).port));
  });
}
