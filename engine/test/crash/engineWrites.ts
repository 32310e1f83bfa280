import { Client } from 'pg';
import { durableOperation } from '../../src/base/durableOperation.ts';

type Query = (this: Session, ...call: unknown[]) => unknown;
/** A session of the durable engine; `wrote`, while a transaction is open: whether it has written. */
type Session = Client & { connectionParameters: { application_name?: string }; wrote?: boolean };
type Callback = (error: Error | null, result?: unknown) => void;

/** How sessions of the durable engine call themselves at PostgreSQL. */
const engineSession = 'handover durable';

/**
 * The durable engine keeps its own books through a pool of its own, past our store. So that no point
 * where a run can die is left out, every commit in which it wrote something announces itself as
 * well, as `engine.commit`. What it asks over and over (queues, timeouts, beats) does not.
 */
export function announceEngineWrites(): void {
  const prototype = Client.prototype as unknown as { query: Query };
  const query = prototype.query;
  prototype.query = function announced(...call) {
    const ours = this.connectionParameters.application_name === engineSession;
    if (!ours || !commitsWrite(this, call[0])) return query.apply(this, call);
    const at = call.findLastIndex((argument) => typeof argument === 'function');
    if (at < 0) return durableOperation('engine.commit', async () => query.apply(this, call));
    const callback = call[at] as Callback;
    const answer = durableOperation('engine.commit', () =>
      promised((done) => query.apply(this, call.with(at, done))),
    );
    answer.then(
      (result) => callback(null, result),
      (error: unknown) => callback(error as Error),
    );
    return undefined;
  };
}

function promised(ask: (callback: Callback) => unknown): Promise<unknown> {
  return new Promise((resolve, reject) => {
    ask((error, result) => (error ? reject(error) : resolve(result)));
  });
}

/**
 * Whether `statement` makes a write of the engine durable: the commit of a transaction that wrote,
 * or one of our own statements, which are in small letters. DBOS' single statements only sweep.
 */
function commitsWrite(session: Session, statement: unknown): boolean {
  const text = typeof statement === 'string' ? statement.trimStart() : '';
  if (/^begin/i.test(text)) {
    session.wrote = false;
    return false;
  }
  if (/^(commit|rollback)/i.test(text)) {
    const wrote = session.wrote === true && /^commit/i.test(text);
    delete session.wrote;
    return wrote;
  }
  if (session.wrote !== undefined) {
    session.wrote ||= /\b(insert into|update|delete from) "?dbos/i.test(text);
    return false;
  }
  return /^(with [^]*\b)?(insert into|update|delete from) (dbos|handover)\./.test(text);
}
