import type { Clock } from './clock.ts';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/**
 * The only things a log line may carry: words fixed in the source, counts, durations, ids that
 * Handover made, and codes. There is no field for a free value, so none can leak.
 */
export interface LogFields {
  run?: string;
  phase?: string;
  stream?: string;
  slice?: string;
  batch?: number;
  target?: string;
  worker?: string;
  code?: string;
  count?: number;
  bytes?: number;
  durationMs?: number;
  attempt?: number;
}

export interface Log {
  debug(event: string, fields?: LogFields): void;
  info(event: string, fields?: LogFields): void;
  warn(event: string, fields?: LogFields): void;
  error(event: string, fields?: LogFields): void;
}

const order: readonly LogLevel[] = ['debug', 'info', 'warn', 'error'];

/** JSON lines, one per event, handed to `write`. */
export function jsonLog(clock: Clock, level: LogLevel, write: (line: string) => void): Log {
  const threshold = order.indexOf(level);
  const emit = (at: LogLevel, event: string, fields: LogFields = {}): void => {
    if (order.indexOf(at) < threshold) return;
    write(`${JSON.stringify({ time: clock.now().toISOString(), level: at, event, ...fields })}\n`);
  };
  return {
    debug: (event, fields) => emit('debug', event, fields),
    info: (event, fields) => emit('info', event, fields),
    warn: (event, fields) => emit('warn', event, fields),
    error: (event, fields) => emit('error', event, fields),
  };
}

const nothing = (): void => undefined;
export const silentLog: Log = { debug: nothing, info: nothing, warn: nothing, error: nothing };
