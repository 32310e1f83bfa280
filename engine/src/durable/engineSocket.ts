import { Socket } from 'node:net';

/**
 * A socket whose every error reads `ECONNRESET`. DBOS waits out a lost connection, but knows it by a
 * list of codes that lacks some (`EPIPE`, and `ENOENT` of a unix socket while PostgreSQL starts): a
 * workflow whose checkpoint met one of those would be recorded as failed.
 */
export class EngineSocket extends Socket {
  // An arrow would come too late: the constructor of Socket may emit.
  override emit(event: string | symbol, ...details: unknown[]): boolean {
    const [error] = details;
    if (event === 'error' && error instanceof Error) Object.assign(error, { code: 'ECONNRESET' });
    return super.emit(event as 'error', ...(details as [Error]));
  }
}
