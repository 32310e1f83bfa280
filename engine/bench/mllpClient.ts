import { connect } from 'node:net';
import { frameOf } from '../src/formats/hl7v2/mllpFrames.ts';

/** How messages are sent. */
export interface Load {
  port: number;
  connections: number;
  /** Messages of a connection on their way at once. */
  window: number;
  messages: number;
  /** Told apart from those of other rounds by this. */
  round: string;
}

const taken = Buffer.from('MSA|AA|');

/** Send messages and count the answers that say they were taken; returns how many a second. */
export async function send(load: Load): Promise<number> {
  const each = Math.floor(load.messages / load.connections);
  const frames = Array.from({ length: load.connections }, (_, sender) =>
    Array.from({ length: each }, (__, at) => frameOf(message(`${load.round}-${sender}-${at}`))),
  );
  const began = performance.now();
  await Promise.all(frames.map((own) => sendOwn(own, load)));
  return (each * load.connections * 1_000) / (performance.now() - began);
}

function sendOwn(frames: readonly Buffer[], { port, window }: Load): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1' });
    socket.setNoDelay(true);
    let sent = 0;
    let answered = 0;
    let tail = Buffer.alloc(0);
    const more = (): void => {
      while (sent < frames.length && sent - answered < window)
        socket.write(frames[sent++] as Buffer);
    };
    socket.on('connect', more);
    socket.on('data', (chunk: Buffer) => {
      const bytes = tail.length === 0 ? chunk : Buffer.concat([tail, chunk]);
      let at = 0;
      for (let next = bytes.indexOf(taken); next >= 0; next = bytes.indexOf(taken, at)) {
        answered++;
        at = next + taken.length;
      }
      tail = Buffer.from(bytes.subarray(Math.max(at, bytes.length - taken.length + 1)));
      if (answered === frames.length) {
        socket.destroy();
        resolve();
      } else more();
    });
    socket.on('error', reject);
    socket.on('close', () => reject(new Error('the receiver hung up')));
  });
}

/** An admission of about a kilobyte. */
function message(control: string): Buffer {
  const segments = [
    `MSH|^~\\&|REG|NORTH|EHR|SOUTH|20261127080000||ADT^A08^ADT_A01|${control}|P|2.5.1`,
    'EVN|A08|20261127080000|||U1^KEEPER^REG',
    `PID|1||${control}^^^NORTH^MR||EXAMPLE^ANNA^B^^^^L||19700101|F|||1 MAIN ST^^TOWN^IL^60000^USA||(555)555-0100`,
    'PV1|1|I|3W^301^A^NORTH||||1001^HOUSE^GREG|||MED||||1|||1001^HOUSE^GREG|IP|V1|||||||||||||||||||NORTH|||||20261126',
    ...Array.from({ length: 6 }, (_, at) => {
      return `OBX|${at + 1}|NM|8302-2^BODY HEIGHT^LN||16${at}.50|cm^cm^UCUM|150-200|N|||F|||20261127080000`;
    }),
  ];
  return Buffer.from(`${segments.join('\r')}\r`);
}
