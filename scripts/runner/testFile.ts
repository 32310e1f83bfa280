import { run } from 'node:test';
import type { EventData } from 'node:test';
import { withinRoot } from './checks.ts';
import type { Failure, Outcome, Skip } from './tally.ts';

export interface TestFileOptions {
  /** A file that takes longer is killed and counts as failed. */
  timeoutMs: number;
  /** Run only the tests whose name matches. */
  names?: RegExp | undefined;
  signal: AbortSignal;
}

/** How much of what a file printed is shown when it fails as a whole. */
const shownLines = 40;

/** Run one file of tests in a process of its own (node:test). */
export async function runTestFile(file: string, options: TestFileOptions): Promise<Outcome> {
  const timeout = AbortSignal.timeout(options.timeoutMs);
  const record = new TestRecord(file, timeout, options.names !== undefined);
  const stream = run({
    files: [file],
    isolation: 'process',
    signal: AbortSignal.any([options.signal, timeout]),
    ...(options.names === undefined ? {} : { testNamePatterns: options.names }),
  });
  stream.on('test:pass', (event) => record.pass(event));
  stream.on('test:fail', (event) => record.fail(event));
  stream.on('test:diagnostic', (event) => record.note(event));
  stream.on('test:stdout', (event) => record.print(event.message));
  stream.on('test:stderr', (event) => record.print(event.message));
  for await (const _ of stream);
  return record.outcome();
}

/** What one file reported, as it comes in. Its own line stands under its path as a test's name. */
class TestRecord {
  readonly #file: string;
  readonly #timeout: AbortSignal;
  readonly #mayBeEmpty: boolean;
  readonly #failures: Failure[] = [];
  readonly #skips: Skip[] = [];
  readonly #notes: string[] = [];
  #passed = 0;
  #printed = '';

  /** `mayBeEmpty`: a filter by name may leave nothing of the file. */
  constructor(file: string, timeout: AbortSignal, mayBeEmpty: boolean) {
    this.#file = file;
    this.#timeout = timeout;
    this.#mayBeEmpty = mayBeEmpty;
  }

  pass(event: EventData.TestPass): void {
    if (event.name === this.#file) {
      if (!this.#mayBeEmpty) this.#fileFailed('it holds no test');
    } else if (event.skip !== undefined || event.todo !== undefined) {
      this.#skips.push({ ...place(event), reason: reasonOf(event) });
    } else if (event.details.type !== 'suite') {
      this.#passed++;
    }
  }

  fail(event: EventData.TestFail): void {
    const { error } = event.details;
    // The parent of a failed test, or of a file that holds one: already told.
    if ('failureType' in error && error.failureType === 'subtestsFailed') return;
    const killed = this.#timeout.aborted ? 'it took too long and was killed' : undefined;
    if (event.name === this.#file) this.#fileFailed(killed ?? 'its process failed');
    else this.#failures.push({ ...place(event), detail: detailOf(error) });
  }

  /** Its own sums, which node:test adds for the whole, name no file. */
  note(event: EventData.TestDiagnostic): void {
    if (event.file !== undefined) this.#notes.push(event.message);
  }

  print(text: string): void {
    this.#printed += text;
  }

  #fileFailed(what: string): void {
    const tail = this.#printed.trimEnd().split('\n').slice(-shownLines).join('\n');
    const detail = tail === '' ? what : `${what}; the last it printed:\n${tail}`;
    this.#failures.push({ name: 'the file itself', place: withinRoot(this.#file), detail });
  }

  outcome(): Outcome {
    const [failures, skips, notes] = [this.#failures, this.#skips, this.#notes];
    return { passed: this.#passed, failures, skips, notes };
  }
}

function place(event: EventData.TestPass | EventData.TestFail): { name: string; place: string } {
  return { name: event.name, place: `${withinRoot(event.file ?? '')}:${event.line ?? 1}` };
}

function reasonOf({ skip, todo }: EventData.TestPass): string {
  if (typeof skip === 'string') return skip;
  if (typeof todo === 'string') return `to do: ${todo}`;
  return todo === undefined ? 'no reason given' : 'to do';
}

/** The error a test threw, without node:test's wrapping and without the runner's own frames. */
function detailOf(error: EventData.Error): string {
  const thrown: unknown = error.cause ?? error;
  if (!(thrown instanceof Error)) return String(thrown);
  const lines = (thrown.stack ?? thrown.message).split('\n');
  return lines.filter((line) => !/^\s+at .*\(?node:internal\//.test(line)).join('\n');
}
