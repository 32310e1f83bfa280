import type { LogLevel } from '../base/log.ts';

/** Options that every command understands. */
export interface GlobalOptions {
  project: string;
  json: boolean;
  input: boolean;
  logLevel: LogLevel;
}

/** Options of the commands that work on runs. */
export interface WorkOptions {
  concurrency: string;
  slices: string;
  batch: string;
}
