import { systemScope, type SystemScope } from '../contract/scopes.ts';
import { InvalidArgumentError, Option, type Command } from 'commander';
import type { LogLevel } from '../base/log.ts';
import { smallestCell } from '../privacy/smallCells.ts';
import { isRole, roles, type Role } from '../contract/access.ts';

/** Options that every command understands. */
export interface GlobalOptions {
  project: string;
  json?: boolean;
  input: boolean;
  logLevel: LogLevel;
}

/** Options of the commands that work on runs. */
export interface WorkOptions {
  concurrency: number;
  slices: number;
  batch: number;
}

/** Reads an option that is a whole number within limits; anything else is a usage error (exit 2). */
export function wholeNumber(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = /^\d{1,15}$/.test(text) ? Number(text) : -1;
    if (value >= least && value <= most) return value;
    throw new InvalidArgumentError(`It is a whole number from ${least} to ${most}.`);
  };
}

/** The id of a held item: a number of the ledger, as text because it may outgrow a double. */
export function heldId(text: string): string {
  if (/^[1-9]\d{0,17}$/.test(text)) return text;
  throw new InvalidArgumentError('It is a number: see `handover quarantine list`.');
}

/** The name of a new file, without its ending and without a folder. */
export function fileName(text: string): string {
  if (/^[A-Za-z0-9][\w-]{0,99}$/.test(text)) return text;
  throw new InvalidArgumentError('It is letters, digits and hyphens.');
}

/** Reads `--roles lead,steward`. */
export function roleList(text: string): readonly Role[] {
  const named = text.split(',').map((role) => role.trim());
  if (named.every(isRole)) return [...new Set(named)];
  throw new InvalidArgumentError(`Roles are: ${roles.join(', ')}.`);
}

/** Reads a day or an instant of ISO 8601; a day begins at midnight UTC. */
export function instantOf(text: string): string {
  const whole = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?Z)?$/.test(text);
  const date = new Date(text);
  if (whole && !Number.isNaN(date.getTime())) return date.toISOString();
  throw new InvalidArgumentError('A day such as 2026-11-27, or an instant in UTC that ends in Z.');
}

/** Options of every command that works on a run. */
export function working(command: Command): Command {
  return command
    .option('--concurrency <n>', 'slices this process works on at once', wholeNumber(1, 64), 4)
    .option('--slices <n>', 'slices to cut a stream into', wholeNumber(1, 1024), 4)
    .option('--batch <n>', 'records a batch holds at most', wholeNumber(1, 100_000), 5000);
}

export const runOption = (): Option =>
  new Option('--run <run>', 'id of a run; the newest if left out');

/** Reads `--scopes "system/*.rs system/Basic.c"`. */
export function scopeList(text: string): readonly SystemScope[] {
  const scopes = text.split(/[\s,]+/).map(systemScope);
  const known = scopes.filter((scope) => scope !== undefined);
  if (known.length > 0 && known.length === scopes.length) return known;
  throw new InvalidArgumentError('Scopes are such as system/*.rs or system/Patient.cruds.');
}

/** The smallest count of people that is shown. */
export function smallestCellOption(): Option {
  return new Option(
    '--smallest-cell <n>',
    'counts of people from 1 to below it are shown as "<n"; 1 shows all',
  )
    .argParser(wholeNumber(1, 1_000))
    .default(smallestCell);
}
