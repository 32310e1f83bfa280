import { connect, type Socket } from 'node:net';
import { connect as connectTls, type ConnectionOptions } from 'node:tls';
import { readAcknowledgement, type Acknowledgement } from '../../formats/hl7v2/acknowledgement.ts';
import { frameOf, MllpReader } from '../../formats/hl7v2/mllpFrames.ts';

/** A sender as tests need one: it sends what it is told and hands out the answers in their order. */
export class TestSender {
  readonly socket: Socket;
  readonly closed: Promise<void>;
  readonly #reader = new MllpReader();
  readonly #answers: Buffer[] = [];
  readonly #wanting: (() => void)[] = [];
  #over = false;

  private constructor(socket: Socket) {
    this.socket = socket;
    this.closed = new Promise((resolve) => socket.once('close', () => resolve()));
    socket.on('data', (chunk: Buffer) => {
      this.#answers.push(...this.#reader.push(chunk).map(({ bytes }) => bytes));
      this.#wake();
    });
    const over = (): void => {
      this.#over = true;
      this.#wake();
    };
    socket.on('error', over);
    socket.on('close', over);
  }

  static async connect(port: number, tls?: ConnectionOptions): Promise<TestSender> {
    const socket = tls ? connectTls({ port, ...tls }) : connect({ port, host: '127.0.0.1' });
    await new Promise<void>((resolve, reject) => {
      socket.once(tls ? 'secureConnect' : 'connect', () => resolve());
      socket.once('error', reject);
    });
    return new TestSender(socket);
  }

  /** Bytes as they are, no marks around them. */
  raw(bytes: string | Buffer): void {
    this.socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes);
  }

  send(message: string | Buffer): void {
    this.raw(frameOf(typeof message === 'string' ? Buffer.from(message, 'latin1') : message));
  }

  /** The next answer; undefined when the connection ended before it came. */
  async bytes(): Promise<Buffer | undefined> {
    while (this.#answers.length === 0 && !this.#over) {
      await new Promise<void>((resolve) => this.#wanting.push(resolve));
    }
    return this.#answers.shift();
  }

  async answer(): Promise<Acknowledgement | undefined> {
    const bytes = await this.bytes();
    return bytes && readAcknowledgement(bytes);
  }

  async ask(message: string | Buffer): Promise<Acknowledgement | undefined> {
    this.send(message);
    return this.answer();
  }

  get waiting(): number {
    return this.#answers.length;
  }

  close(): void {
    this.socket.destroy();
  }

  #wake(): void {
    for (const wake of this.#wanting.splice(0)) wake();
  }
}

/** An admission with this control id; `more` makes it another one. */
export function admission(control: string, more = '', type = 'ADT^A01'): string {
  return `MSH|^~\\&|REG|NORTH|EHR|SOUTH|20260101||${type}|${control}|P|2.5\rPID|1||${more}\r`;
}
