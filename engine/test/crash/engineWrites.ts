import { Client } from 'pg';
import { durableOperation } from '../../src/base/durableOperation.ts';

/** What {@link announceEngineWrites} looks at in a call of `Client.query`. */
type Query = (this: Session, ...call: unknown[]) => unknown;
type Session = Client & { connectionParameters: { application_name?: string }; wrote?: boolean };
type Callback = (error: Error | null, result?: unknown) => void;

/** How sessions of the durable engine call themselves at PostgreSQL. */
const engineSession = 'handover durable';

/**
 * The durable engine writes its checkpoints through a pool of its own, past our store. So that no
 * point where a run can die is left out, every commit in which it wrote something announces itself
 * too: `engine.commit`. What it merely looks at over and over (queues, beats) does not.
 */
export function announceEngineWrites(): void {
  const prototype = Client.prototype as unknown as { query: Query };
  const query = prototype.query;
  prototype.query = function announced(...call) {
    const commits =
      this.connectionParameters.application_name === engineSession && commitsWrite(this, call[0]);
    if (!commits) return query.apply(this, call);
    const at = call.findLastIndex((argument) => typeof argument === 'function');
    if (at < 0) return durableOperation('engine.commit', async () => query.apply(this, call));
    const callback = call[at] as Callback;
    const answered = durableOperation('engine.commit', () =>
      answerOf((done) => query.apply(this, call.with(at, done))),
    );
    answered.then(
      (result) => callback(null, result),
      (error: unknown) => callback(error as Error),
    );
    return undefined;
  };
}

function answerOf(ask: (callback: Callback) => unknown): Promise<unknown> {
  return new Promise((resolve, reject) => {
    ask((error, result) => (error ? reject(error) : resolve(result)));
  });
}

/** Whether `statement` makes a change of the engine durable; keeps count within a transaction. */
function commitsWrite(session: Session, statement: unknown): boolean {
  const text = typeof statement === 'string' ? statement : '';
  if (/^\s*begin/i.test(text)) {
    session.wrote = false;
    return false;
  }
  const within = session.wrote !== undefined;
  if (/^\s*(commit|rollback)/i.test(text)) {
    const wrote = session.wrote === true && /commit/i.test(text);
    delete session.wrote;
    return wrote;
  }
  if (!/\b(insert into|update|delete from) "?dbos/i.test(text)) return false;
  if (within) session.wrote = true;
  return !within;
}
