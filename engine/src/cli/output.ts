import { HandoverError, exitCodes, type ExitCode } from '../base/errors.ts';
import type { Problem } from '../model/problem.ts';

/** stdout is data, stderr is progress and problems. */
export interface Output {
  json: boolean;
  /** Whether stderr is a terminal that may be redrawn. */
  terminal: boolean;
  /** One object with `--json`; otherwise the lines for people. */
  data(value: object, lines: () => readonly string[]): void;
  note(line: string): void;
  problems(problems: readonly Problem[]): void;
}

export function createOutput(json = false): Output {
  const terminal = process.stderr.isTTY && process.env.NO_COLOR === undefined;
  return {
    json,
    terminal,
    data: (value, lines) => {
      const shown = json ? [JSON.stringify(value)] : lines();
      if (shown.length > 0) process.stdout.write(`${shown.join('\n')}\n`);
    },
    note: (line) => void process.stderr.write(`${line}\n`),
    problems: (problems) => {
      for (const problem of problems) {
        const text = json
          ? JSON.stringify({ format: 'handover-problem/1', ...problem })
          : problemLine(problem);
        process.stderr.write(`${text}\n`);
      }
    },
  };
}

function problemLine({ file, line, column, code, message, suggestion }: Problem): string {
  const fix = suggestion === undefined ? '' : ` → ${suggestion}`;
  return `${file}:${line}:${column} ${code}: ${message}${fix}`;
}

/** What a command ended with, told on stderr where it failed. */
export function explainFailure(error: unknown, json: boolean): ExitCode {
  const known = error instanceof HandoverError;
  const code = known ? error.code : 'unexpected';
  const message = known ? error.message : unexpectedMessage(error);
  const next = known ? error.next : 'This is a defect of Handover: please report it.';
  const text = json
    ? JSON.stringify({ format: 'handover-error/1', code, message, next })
    : [`${code}: ${message}`, ...(next === undefined ? [] : [`  next: ${next}`])].join('\n');
  process.stderr.write(`${text}\n`);
  return known ? error.exitCode : exitCodes.unexpected;
}

/**
 * What the parser of arguments refused (exit 2), in its words. Arguments that are too many are not
 * repeated: they may be a patient's number.
 */
export function usageError(message: string): HandoverError {
  const [what = '', hint] = message
    .replace(/^error: /, '')
    .replace(/( but got \d+): .*$/s, '$1.')
    .split('\n');
  const see = 'See `handover --help`, or `handover COMMAND --help`.';
  return new HandoverError('usage', `${what.charAt(0).toUpperCase()}${what.slice(1)}`, {
    exitCode: exitCodes.usage,
    next: hint === undefined ? see : `${hint.replace(/^\(|\)$/g, '')} ${see}`,
  });
}

/**
 * A command of ours as the reader would type it here: by the npm script where that was used, and with
 * the project where they stand in another folder.
 */
export function typed(project: { folder: string }, ...words: readonly string[]): string {
  const byNpm = process.env.npm_lifecycle_event === 'handover';
  const elsewhere = project.folder !== process.cwd();
  return [
    byNpm ? 'npm run -s handover --' : 'handover',
    ...(elsewhere ? ['--project', shellWord(project.folder)] : []),
    ...words,
  ].join(' ');
}

function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

/** A stranger's message may carry a value; its class and the place in our code may not. */
function unexpectedMessage(error: unknown): string {
  if (!(error instanceof Error)) return 'something was thrown that is not an error';
  const place = error.stack?.split('\n').find((line) => line.includes('/engine/'));
  return `${error.name}${place === undefined ? '' : place.replace(/\(?(?:file:\/\/)?\S*\/engine\//, '(engine/')}`;
}

/** Numbers for people: 1,204. */
export function counted(count: number): string {
  return count.toLocaleString('en-US');
}

/** 1 source, 2 sources. */
export function several(count: number, one: string, more = `${one}s`): string {
  return `${counted(count)} ${count === 1 ? one : more}`;
}

/** Columns under headings, the numbers to the right. */
export function table(headings: readonly string[], rows: readonly (string | number)[][]): string[] {
  const cells = [headings, ...rows.map((row) => row.map(cellText))];
  const widths = headings.map((_, at) => Math.max(...cells.map((row) => row[at]?.length ?? 0)));
  return cells.map((row, line) =>
    row
      .map((cell, at) => {
        const numeric = line > 0 ? typeof rows[line - 1]?.[at] === 'number' : isNumeric(rows, at);
        const width = widths[at] ?? 0;
        return numeric ? cell.padStart(width) : cell.padEnd(width);
      })
      .join('  ')
      .trimEnd(),
  );
}

function isNumeric(rows: readonly (string | number)[][], at: number): boolean {
  return rows.length > 0 && typeof rows[0]?.[at] === 'number';
}

function cellText(cell: string | number): string {
  return typeof cell === 'number' ? counted(cell) : cell;
}
