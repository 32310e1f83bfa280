import type { Clock } from '../../base/clock.ts';
import { exitCodes, failureOf, HandoverError } from '../../base/errors.ts';
import type { Random } from '../../base/random.ts';
import { defaultRetry, retryDelayMs } from '../../base/retry.ts';
import type { Authorization } from './authorization.ts';
import { Breaker, retryAfterMs, TargetResting } from './breaker.ts';
import { exchange, type Reply } from './exchange.ts';
import { Turns } from './turns.ts';

/** A request to the server. */
export interface FhirRequest {
  method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Below the base address (`Patient/1`, '' for a Bundle), or the whole address of a `next` link. */
  at: string;
  headers?: Readonly<Record<string, string>>;
  body?: Buffer;
}

export interface ClientOptions {
  base: URL;
  authorization: Authorization;
  /** Sent with every request. */
  headers: Readonly<Record<string, string>>;
  /** Requests under way at once. */
  connections: number;
  timeoutMs: number;
  answerBytes: number;
  clock: Clock;
  random: Random;
}

/** An answer, and what it asks of us. */
export interface FhirReply extends Reply {
  /** The server asked to be left alone for this long. */
  askedMs: number | undefined;
}

/**
 * HTTP to one FHIR server and to nothing else: every address is checked against the server's origin,
 * redirects are not followed, requests under way are bounded, and a server that asks for a pause
 * gets it. Connections are kept by Node's `fetch`.
 */
export class FhirClient {
  readonly #options: ClientOptions;
  readonly #turns: Turns;
  readonly #breaker: Breaker;

  constructor(options: ClientOptions) {
    this.#options = options;
    this.#turns = new Turns(options.connections);
    this.#breaker = new Breaker(options.clock);
  }

  /**
   * Send once.
   * @throws HandoverError as {@link exchange} does; `target-resting` (transient) while the server is
   * left alone; `address-elsewhere` for an address of another origin.
   */
  async send(request: FhirRequest, signal: AbortSignal): Promise<FhirReply> {
    const url = this.#addressOf(request.at);
    return this.#turns.take(async () => {
      const restMs = this.#breaker.restMs();
      if (restMs > 0) throw new TargetResting(restMs);
      const reply = await this.#attempt(request, url, signal);
      const { authorization } = this.#options;
      // The server did nothing but look at the token.
      if (reply.status !== 401 || !authorization.renew()) return reply;
      return this.#attempt(request, url, signal);
    }, signal);
  }

  /**
   * Send what changes nothing, as often as the retry policy allows, until the answer's status is one
   * that a server gives on purpose.
   * @throws HandoverError `target-unavailable` (transient) when the tries are used up;
   * `target-denied`; `target-redirects`.
   */
  async ask(request: FhirRequest, signal: AbortSignal): Promise<FhirReply> {
    for (let attempt = 1; ; attempt++) {
      const { reply, waitMs } = await this.#try(request, signal);
      if (reply !== undefined && !isPassing(reply.status)) return settled(reply);
      await this.pause(attempt, waitMs, signal);
    }
  }

  /**
   * Wait before try `attempt + 1` of something that is asked again.
   * @throws HandoverError `target-unavailable` (transient) when there is no further try.
   */
  async pause(attempt: number, askedMs: number | undefined, signal: AbortSignal): Promise<void> {
    const { clock, random } = this.#options;
    if (attempt >= defaultRetry.attempts) throw unavailable();
    await clock.sleep(retryDelayMs(defaultRetry, attempt, random, askedMs), signal);
  }

  async #try(
    request: FhirRequest,
    signal: AbortSignal,
  ): Promise<{ reply?: FhirReply; waitMs: number | undefined }> {
    try {
      const reply = await this.send(request, signal);
      return { reply, waitMs: reply.askedMs };
    } catch (error) {
      signal.throwIfAborted();
      if (failureOf(error) === 'permanent') throw error;
      return { waitMs: error instanceof TargetResting ? error.restMs : undefined };
    }
  }

  async #attempt(request: FhirRequest, url: URL, signal: AbortSignal): Promise<FhirReply> {
    const { authorization, headers, timeoutMs, answerBytes, clock } = this.#options;
    const credential = await authorization.header(signal);
    try {
      const reply = await exchange(
        {
          url,
          method: request.method,
          headers: {
            ...headers,
            accept: 'application/fhir+json',
            // A server may answer a search that it has answered before from memory.
            ...(request.method === 'GET' && { 'cache-control': 'no-cache' }),
            ...(request.body && { 'content-type': 'application/fhir+json' }),
            ...request.headers,
            ...(credential !== undefined && { authorization: credential }),
          },
          ...(request.body && { body: request.body }),
        },
        { timeoutMs, answerBytes, signal },
      );
      const askedMs = retryAfterMs(reply.headers.get('retry-after'), clock.now());
      if (isPassing(reply.status)) this.#breaker.failed(askedMs);
      else this.#breaker.succeeded();
      return { ...reply, askedMs: isPassing(reply.status) ? askedMs : undefined };
    } catch (error) {
      if (!signal.aborted) this.#breaker.failed(undefined);
      throw error;
    }
  }

  #addressOf(at: string): URL {
    const { base } = this.#options;
    // A Bundle goes to the base itself, which servers know without the slash at its end.
    const plain = base.pathname === '/' ? base.href : base.href.slice(0, -1);
    const url = URL.parse(at === '' ? plain : at, base.href);
    if (url?.origin === base.origin && url.username === '' && url.password === '') return url;
    throw new HandoverError(
      'address-elsewhere',
      'The target gave an address of another origin; nothing was sent there.',
      {
        exitCode: exitCodes.integrityBroken,
        next: 'If the server stands behind a proxy, let it make links with the address in the plan.',
      },
    );
  }
}

/** Statuses that say nothing of the request itself. */
function isPassing(status: number): boolean {
  return status === 429 || status === 408 || (status >= 500 && status !== 501);
}

function settled(reply: FhirReply): FhirReply {
  if (reply.status === 401 || reply.status === 403) throw denied();
  if (reply.status < 300 || reply.status >= 400 || reply.status === 304) return reply;
  throw new HandoverError('target-redirects', 'The target answers with a redirect.', {
    exitCode: exitCodes.unavailable,
    next: 'Give `url` the address it leads to, if that is right; redirects are never followed.',
  });
}

export function denied(): HandoverError {
  return new HandoverError('target-denied', 'The target does not let Handover in.', {
    exitCode: exitCodes.unavailable,
    next: 'Check `token` or `smart` of this target and what they allow. Nothing was changed by this.',
  });
}

function unavailable(): HandoverError {
  return new HandoverError('target-unavailable', 'The target gave no answer, repeatedly.', {
    failure: 'transient',
    exitCode: exitCodes.unavailable,
    next: 'Check the target, then: handover resume',
  });
}
