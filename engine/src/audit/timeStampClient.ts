import { exitCodes, HandoverError } from '../base/errors.ts';
import { sha256 } from '../base/digest.ts';
import type { Random } from '../base/random.ts';
import {
  timeStampRequest,
  tokenOfResponse,
  verifyTimeStamp,
  type Stamp,
  type StampFault,
  type StampWitness,
} from './timeStamp.ts';

/** An authority that stamps (TSA), over HTTP (RFC 3161 §3.4). */
export interface StampAuthority extends Pick<StampWitness, 'trusted' | 'policy'> {
  url: URL;
  timeoutMs: number;
}

/** What an answer may have: a token with its certificates is some kilobytes. */
const answerBytes = 1024 * 1024;

/**
 * Have a text stamped. Only its SHA-256 leaves this machine. The token is verified before it is taken.
 * @throws HandoverError `time-stamp-unreachable` (transient), `time-stamp-wrong` (exit 8)
 */
export async function stampText(
  { url, timeoutMs, policy, trusted }: StampAuthority,
  random: Random,
  text: string,
): Promise<Stamp & { token: Buffer }> {
  const digest = sha256(text);
  const nonce = random.bytes(16);
  const token = tokenOfResponse(
    await post(url, timeStampRequest({ digest, nonce, policy }), timeoutMs),
  );
  if (typeof token === 'string') throw stampWrong(token);
  const stamp = verifyTimeStamp(token, { digest, nonce, policy, trusted });
  if (typeof stamp === 'string') throw stampWrong(stamp);
  return { ...stamp, token };
}

async function post(url: URL, request: Buffer, timeoutMs: number): Promise<Buffer> {
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: {
        'content-type': 'application/timestamp-query',
        accept: 'application/timestamp-reply',
      },
      body: new Uint8Array(request),
      redirect: 'manual',
      signal: AbortSignal.timeout(timeoutMs),
    });
    const bytes = Buffer.from(await response.arrayBuffer());
    if (response.status !== 200 || bytes.length > answerBytes) throw unreachable();
    return bytes;
  } catch {
    throw unreachable();
  }
}

function unreachable(): HandoverError {
  return new HandoverError(
    'time-stamp-unreachable',
    'The time stamping authority does not answer.',
    {
      failure: 'transient',
      exitCode: exitCodes.unavailable,
      next: 'Check `anchors.timeStamp.url` in the plan, and that it is reached; then do this again.',
    },
  );
}

const reasons: Readonly<Record<StampFault, string>> = {
  'not-granted': 'it was refused',
  malformed: 'it is no time stamp token',
  'imprint-differs': 'it is of something else',
  'nonce-differs': 'it answers another request',
  'policy-differs': 'it was made under another policy',
  'signature-wrong': 'its signature does not fit',
  'signer-unfit': 'its certificate is not for time stamps, or was not valid then',
  'signer-unknown': 'no chain leads to an authority that the plan names',
};

export function stampWrong(fault: StampFault): HandoverError {
  return new HandoverError('time-stamp-wrong', `The time stamp shows nothing: ${reasons[fault]}.`, {
    exitCode: exitCodes.integrityBroken,
    next: 'Check `anchors.timeStamp` in the plan: url, authorities and policy.',
  });
}
