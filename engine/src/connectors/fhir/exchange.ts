import { exitCodes, HandoverError, systemCode } from '../../base/errors.ts';

/** One request to one address. */
export interface Exchange {
  url: URL;
  method: string;
  headers: Readonly<Record<string, string>>;
  body?: Buffer | string;
}

export interface Reply {
  status: number;
  headers: Headers;
  body: Buffer;
}

export interface ExchangeLimits {
  timeoutMs: number;
  /** An answer that is larger is not read to its end. */
  answerBytes: number;
  signal: AbortSignal;
}

/**
 * Send one request and read its answer, whatever its status. A redirect is an answer and is not
 * followed: what is sent may hold a token or a patient, and goes to no address but its own.
 * @throws HandoverError *transient* `target-unreachable`: no connection came about, so nothing was
 * sent; *ambiguous* `answer-late`, `answer-broken`, `answer-too-large`: the server may have done what
 * it was asked; *permanent* `target-certificate`.
 */
export async function exchange(request: Exchange, limits: ExchangeLimits): Promise<Reply> {
  limits.signal.throwIfAborted();
  const timeout = AbortSignal.timeout(limits.timeoutMs);
  const signal = AbortSignal.any([limits.signal, timeout]);
  try {
    const { url, method, headers, body } = request;
    const response = await fetch(url, {
      method,
      headers,
      redirect: 'manual',
      signal,
      ...(body !== undefined && { body }),
    });
    const bytes = await readBody(response, limits.answerBytes);
    return { status: response.status, headers: response.headers, body: bytes };
  } catch (error) {
    if (error instanceof HandoverError) throw error;
    throw failureToAnswer(error, timeout.aborted);
  }
}

async function readBody(response: Response, mostBytes: number): Promise<Buffer> {
  if (response.body === null) return Buffer.alloc(0);
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const piece of response.body as AsyncIterable<Uint8Array>) {
    size += piece.length;
    // Leaving the loop cancels the body and gives the connection up.
    if (size > mostBytes) throw answerTooLarge();
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}

function answerTooLarge(): HandoverError {
  return new HandoverError('answer-too-large', 'An answer of the target is larger than allowed.', {
    failure: 'ambiguous',
    exitCode: exitCodes.unavailable,
    next: 'Lower `entries` of this target in the plan.',
  });
}

/** What can go wrong before the first byte of a request has left. */
const unreachable: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EADDRNOTAVAIL',
  'UND_ERR_CONNECT_TIMEOUT',
]);

const certificate = /^(CERT_|ERR_TLS_|ERR_SSL_|UNABLE_TO_|SELF_SIGNED|DEPTH_ZERO)/;

function failureToAnswer(error: unknown, late: boolean): HandoverError {
  const code = causeCode(error);
  if (unreachable.has(code)) {
    return new HandoverError('target-unreachable', 'The target cannot be reached.', {
      failure: 'transient',
      exitCode: exitCodes.unavailable,
      next: 'Check that it runs and that its `url` in the plan is right, then: handover resume',
    });
  }
  if (certificate.test(code)) {
    return new HandoverError('target-certificate', 'The target’s certificate cannot be trusted.', {
      exitCode: exitCodes.unavailable,
      next: 'Name the certificate authority’s file in NODE_EXTRA_CA_CERTS. Nothing was sent.',
    });
  }
  const what = late ? 'did not answer in time' : 'broke its answer off';
  return new HandoverError(late ? 'answer-late' : 'answer-broken', `The target ${what}.`, {
    failure: 'ambiguous',
    exitCode: exitCodes.unavailable,
    next: 'Check the target, then: handover resume',
  });
}

/** `fetch` wraps what happened, sometimes several times; the message may hold an address. */
function causeCode(error: unknown): string {
  for (let at = error; at instanceof Error; at = at.cause) {
    const code = systemCode(at) ?? codeAmong(at);
    if (code !== undefined) return code;
  }
  return '';
}

/** Several addresses of a host were tried: all of them failed. */
function codeAmong(error: Error): string | undefined {
  return error instanceof AggregateError ? systemCode(error.errors[0]) : undefined;
}
