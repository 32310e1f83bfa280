import { connect, type Socket } from 'node:net';
import { connect as connectTls, type ConnectionOptions } from 'node:tls';
import { exitCodes, HandoverError } from '../base/errors.ts';

/** Where a collector listens for syslog. */
export interface SyslogCollector {
  host: string;
  port: number;
  /** Over TLS (RFC 5425) with these; over plain TCP (RFC 6587) without. */
  tls?: ConnectionOptions;
  /** For a connection, for the collector to take what is sent, and for it to close. */
  timeoutMs: number;
}

/**
 * Hand messages of RFC 5424 to a collector, each with its length before it (octet counting: RFC 6587 3.4.1,
 * RFC 5425 4.3), over a connection of their own. Syslog has no answer: that all was taken is known when
 * the collector, told that nothing more comes, closes without an error. A collector that takes its time
 * is waited for, and nothing is piled up meanwhile.
 * @throws HandoverError `siem-unreachable` (transient), `siem-broken` (ambiguous: some may have been taken).
 */
export async function sendSyslog(
  collector: SyslogCollector,
  messages: Iterable<string>,
): Promise<void> {
  const socket = await opened(collector);
  const closed = Promise.withResolvers<undefined>();
  // Until everything was sent nobody waits for it.
  closed.promise.catch(() => undefined);
  let wasTold = false;
  socket.on('data', () => undefined);
  socket.once('error', () => closed.reject(broken()));
  socket.once('timeout', () => closed.reject(broken()));
  socket.once('end', () => (wasTold ? closed.resolve(undefined) : closed.reject(broken())));
  socket.once('close', () => closed.reject(broken()));
  socket.setTimeout(collector.timeoutMs);
  try {
    for (const frames of inPieces(messages)) {
      if (socket.write(frames)) continue;
      const drained = new Promise<void>((resolve) => void socket.once('drain', () => resolve()));
      await Promise.race([drained, closed.promise]);
    }
    wasTold = true;
    socket.end();
    await closed.promise;
  } finally {
    socket.destroy();
  }
}

const pieceBytes = 64 * 1024;

function* inPieces(messages: Iterable<string>): Generator<Buffer> {
  let frames: Buffer[] = [];
  let size = 0;
  for (const message of messages) {
    const text = Buffer.from(message);
    const frame = Buffer.concat([Buffer.from(`${text.length} `), text]);
    frames.push(frame);
    size += frame.length;
    if (size < pieceBytes) continue;
    yield Buffer.concat(frames);
    frames = [];
    size = 0;
  }
  if (frames.length > 0) yield Buffer.concat(frames);
}

function opened({ host, port, tls, timeoutMs }: SyslogCollector): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const at = { host, port, allowHalfOpen: true };
    const socket = tls === undefined ? connect(at) : connectTls({ ...tls, ...at });
    const failed = (): void => {
      socket.destroy();
      reject(unreachable());
    };
    const timer = setTimeout(failed, timeoutMs);
    socket.once('error', failed);
    socket.once(tls === undefined ? 'connect' : 'secureConnect', () => {
      clearTimeout(timer);
      socket.off('error', failed);
      resolve(socket);
    });
    socket.once('close', () => clearTimeout(timer));
  });
}

export function unreachable(): HandoverError {
  return new HandoverError('siem-unreachable', 'The collector of the audit log does not answer.', {
    failure: 'transient',
    exitCode: exitCodes.unavailable,
    next: 'Check that it listens, and its certificate. Nothing is lost: handover audit forward',
  });
}

function broken(): HandoverError {
  return new HandoverError('siem-broken', 'The collector did not take all that it was sent.', {
    failure: 'ambiguous',
    exitCode: exitCodes.unavailable,
    next: 'All that it did not confirm is sent again, with the same numbers: handover audit forward',
  });
}
