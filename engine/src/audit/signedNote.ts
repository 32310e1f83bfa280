import { sha256 } from '../base/digest.ts';
import { isSignedBy, type SigningKey } from '../keys/signingKey.ts';

/**
 * A signed note (C2SP signed-note): text, an empty line, and a line for each signature. Checkpoints of
 * transparency logs are written so, and every tool that reads those can read ours.
 */
export function signedNote(text: string, name: string, key: SigningKey): string {
  const signature = Buffer.concat([keyId(name, key.publicKey), key.sign(Buffer.from(text))]);
  return `${text}\n\u2014 ${name} ${signature.toString('base64')}\n`;
}

/** The verifier key of C2SP signed-note, `name+hash+key`: what is handed out beforehand. */
export function verifierKey(name: string, publicKey: Uint8Array): string {
  const key = Buffer.concat([ed25519, publicKey]).toString('base64');
  return `${name}+${keyId(name, publicKey).toString('hex')}+${key}`;
}

/** Four bytes by which a reader finds the key a signature was made with. */
function keyId(name: string, publicKey: Uint8Array): Buffer {
  return sha256(Buffer.concat([Buffer.from(`${name}\n`), ed25519, publicKey])).subarray(0, 4);
}

/** The type of signature (C2SP signed-note). */
const ed25519 = Buffer.of(1);

/** How far a log has come: a checkpoint of C2SP tlog-checkpoint, before it is signed. */
export interface TreeHead {
  size: number;
  root: Buffer;
}

export function checkpointText(origin: string, { size, root }: TreeHead): string {
  return `${origin}\n${size}\n${root.toString('base64')}\n`;
}

/** The text of a note that `publicKey` signed under `name`; undefined when it did not. */
export function openNote(note: string, name: string, publicKey: Uint8Array): string | undefined {
  const end = note.lastIndexOf('\n\n') + 1;
  const text = note.slice(0, end);
  const message = Buffer.from(text);
  const id = keyId(name, publicKey);
  const signed = note
    .slice(end + 1)
    .split('\n')
    .some((line) => {
      if (!line.startsWith(`\u2014 ${name} `)) return false;
      const signature = Buffer.from(line.slice(line.lastIndexOf(' ') + 1), 'base64');
      return (
        id.equals(signature.subarray(0, 4)) && isSignedBy(publicKey, message, signature.subarray(4))
      );
    });
  return end > 0 && signed ? text : undefined;
}

/** The head in the text of a checkpoint of this log; undefined when it is none. */
export function parseCheckpoint(text: string, origin: string): TreeHead | undefined {
  const [name, size = '', root = '', ...rest] = text.split('\n');
  const hash = Buffer.from(root, 'base64');
  const whole = name === origin && /^(0|[1-9]\d{0,14})$/.test(size) && hash.length === 32;
  return whole && rest.length > 0 ? { size: Number(size), root: hash } : undefined;
}
