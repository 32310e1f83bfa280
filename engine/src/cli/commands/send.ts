import { createReadStream } from 'node:fs';
import { isIP } from 'node:net';
import { exitCodes, HandoverError, systemCode, type ExitCode } from '../../base/errors.ts';
import { systemClock } from '../../base/clock.ts';
import { systemRandom } from '../../base/random.ts';
import { Sender, type Outcome, type Receiver } from '../../connectors/mllp/sender.ts';
import { readTls } from '../../connectors/mllp/tls.ts';
import { FrameSplitter, type Frame } from '../../formats/hl7v2/frames.ts';
import { wireTo } from '../../model/wire.ts';
import { counted, several, table, type Output } from '../output.ts';
import type { GlobalOptions } from '../options.ts';
import { requireReceiver } from '../receivers.ts';
import { onInterrupt } from './run.ts';

export interface SendOptions {
  to: string;
  tls?: boolean;
  authorities?: string;
  certificate?: string;
  key?: string;
  window: number;
  skip: number;
  wait: number;
  attempts: number;
  strict?: boolean;
}

/** Where a message of the files stands. */
interface Place {
  file: string;
  offset: number;
}

/** A message that was not taken. */
interface NotTaken extends Place {
  code: string;
  conditions: readonly string[];
}

/** Of messages that were not taken so many are told one by one. */
const mostPlaces = 1_000;
const tellEveryMs = 1_000;

/**
 * `handover send`: the messages of files to an MLLP receiver, in their order, each until it is
 * answered. `skip` leaves out those at the beginning that were answered before.
 */
export async function sendCommand(
  output: Output,
  files: readonly string[],
  options: SendOptions & Pick<GlobalOptions, 'project'>,
): Promise<ExitCode> {
  const receiver = await receiverOf(options);
  const retry = { attempts: options.attempts, firstDelayMs: 200, longestDelayMs: 10_000 };
  const services = { clock: systemClock, random: systemRandom };
  const { window, wait } = options;
  const sender = new Sender({ receiver, window, answerMs: wait * 1_000, retry, ...services });
  const report = new SendReport();
  const interrupt = new AbortController();
  const release = onInterrupt(() => {
    output.note('stopping: answers on their way are waited for (Ctrl-C again to stop at once)');
    interrupt.abort();
  });
  const progress = tellProgress(report, sender, output);
  try {
    const messages = messagesOf(files, options.skip, report);
    for await (const outcome of sender.send(messages, interrupt.signal)) report.add(outcome);
  } finally {
    progress.stop();
    release();
    report.tell(output, sender.resent);
    if (report.settled < report.begun || interrupt.signal.aborted) {
      output.note(`Go on with the same command and --skip ${options.skip + sender.settled}`);
    }
  }
  if (interrupt.signal.aborted) return exitCodes.interrupted;
  const nothing = report.taken === 0 && report.notTaken > 0;
  const held = nothing || (options.strict === true && report.notTaken > 0);
  return held ? exitCodes.quarantineNotEmpty : exitCodes.ok;
}

/** Messages go to this machine, or to a receiver that the plan names; in clear by its exception alone. */
async function receiverOf(
  options: SendOptions & Pick<GlobalOptions, 'project'>,
): Promise<Receiver> {
  const { to, authorities, certificate, key } = options;
  const [, host = '', port = ''] = /^\[?(.+?)\]?:(\d{1,5})$/.exec(to) ?? [];
  if (host === '' || Number(port) > 65_535 || Number(port) === 0) {
    throw usage('receiver-unclear', 'The receiver is HOST:PORT.', 'Write --to ehr.example:2575.');
  }
  const secured = options.tls ?? (authorities !== undefined || certificate !== undefined);
  const wire = wireTo(host, secured ? 'verified' : 'none');
  await requireReceiver(options.project, to, wire);
  const files = await readTls('.', { authorities, certificate, key });
  const name = isIP(host) === 0 ? { servername: host } : {};
  return { host, port: Number(port), ...(secured && { tls: { ...files, ...name } }) };
}

function usage(code: string, message: string, next: string): HandoverError {
  return new HandoverError(code, message, { next, exitCode: exitCodes.usage });
}

/** The messages of all files, their segments ended by CR, as MLLP has them. */
async function* messagesOf(
  files: readonly string[],
  skip: number,
  report: SendReport,
): AsyncGenerator<Buffer> {
  let passed = 0;
  for (const file of files) {
    const splitter = new FrameSplitter();
    let isEmpty = true;
    const take = function* (frames: readonly Frame[]): Generator<Buffer> {
      if (frames.length > 0) isEmpty = false;
      for (const { kind, bytes, offset, cut } of frames) {
        if (kind === 'envelope') continue;
        const place = { file, offset };
        if (kind === 'stray' || cut)
          report.unsent(place, cut ? 'frame-too-long' : 'message-unreadable');
        else if (passed++ >= skip) yield report.begin(place, withCarriageReturns(bytes));
      }
    };
    try {
      for await (const chunk of createReadStream(file)) yield* take(splitter.push(chunk as Buffer));
    } catch (error) {
      if (systemCode(error) === undefined) throw error;
      throw usage(
        'input-missing',
        `${file} cannot be read (${systemCode(error) ?? ''}).`,
        'Name files of HL7 v2 messages.',
      );
    }
    yield* take(splitter.finish());
    if (isEmpty) report.unsent({ file, offset: 0 }, 'file-empty');
  }
}

function withCarriageReturns(bytes: Buffer): Buffer {
  if (!bytes.includes(0x0a)) return bytes;
  const text = bytes.toString('latin1');
  if (text.includes('\r\n')) return Buffer.from(text.replaceAll('\r\n', '\r'), 'latin1');
  return text.includes('\r') ? bytes : Buffer.from(text.replaceAll('\n', '\r'), 'latin1');
}

/** What became of the messages: counts, places and codes, no value. */
class SendReport {
  begun = 0;
  settled = 0;
  taken = 0;
  notTaken = 0;
  /** Places of messages without outcome, by number. */
  readonly #places = new Map<number, Place>();
  readonly #told: NotTaken[] = [];

  begin(place: Place, message: Buffer): Buffer {
    this.#places.set(this.begun++, place);
    return message;
  }

  add({ number, answer }: Outcome): void {
    this.settled++;
    const place = this.#places.get(number) as Place;
    this.#places.delete(number);
    const code = answer?.code ?? 'sent';
    if (answer === undefined || code.endsWith('A')) this.taken++;
    else this.#refuse({ ...place, code, conditions: answer.conditions });
  }

  unsent(place: Place, code: string): void {
    this.#refuse({ ...place, code, conditions: [] });
  }

  #refuse(place: NotTaken): void {
    this.notTaken++;
    if (this.#told.length < mostPlaces) this.#told.push(place);
  }

  tell(output: Output, resent: number): void {
    const { begun: messages, taken, notTaken } = this;
    const unanswered = messages - this.settled;
    const data = { messages, taken, notTaken, unanswered, resent, places: this.#told };
    output.data({ format: 'handover-send/1', ...data }, () => [
      `${several(messages, 'message')}: ${counted(taken)} taken, ${counted(notTaken)} not taken, ` +
        `${counted(unanswered)} without answer, ${counted(resent)} sent again`,
      ...this.#lines(),
    ]);
  }

  #lines(): string[] {
    if (this.#told.length === 0) return [];
    const rows = this.#told.map(({ file, offset, code, conditions }) => {
      return [file, offset, code, conditions.join(' ')];
    });
    return ['', ...table(['file', 'at byte', 'answer', 'conditions'], rows)];
  }
}

function tellProgress(report: SendReport, sender: Sender, output: Output): { stop(): void } {
  let before = 0;
  const timer = setInterval(() => {
    if (report.settled === before) return;
    const rate = Math.round(((report.settled - before) * 1_000) / tellEveryMs);
    before = report.settled;
    const line = `send: ${counted(report.taken)} taken (${counted(rate)}/s), ${counted(report.notTaken)} not taken, ${counted(sender.resent)} sent again`;
    if (output.terminal) process.stderr.write(`\r\u001b[2K${line}`);
    else output.note(line);
  }, tellEveryMs);
  return {
    stop() {
      clearInterval(timer);
      if (output.terminal && before > 0) process.stderr.write('\n');
    },
  };
}
