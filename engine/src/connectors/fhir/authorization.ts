import { sign, type KeyObject } from 'node:crypto';
import type { Clock } from '../../base/clock.ts';
import { exitCodes, HandoverError } from '../../base/errors.ts';
import { uuid7 } from '../../base/id.ts';
import { isJsonObject, JsonNumber } from '../../base/json.ts';
import type { JsonObject } from '../../base/json.ts';
import type { Random } from '../../base/random.ts';
import { parsedAnswer } from './answers.ts';
import type { FhirConfiguration, SmartConfiguration } from './configuration.ts';
import { exchange, type Exchange, type ExchangeLimits } from './exchange.ts';

/** Gives the `Authorization` header. It is sent to the server's own origin and to no other. */
export interface Authorization {
  header(signal: AbortSignal): Promise<string | undefined>;
  /** The server did not accept the header: get another. False: there is no other. */
  renew(): boolean;
}

export interface AuthorizationServices {
  clock: Clock;
  random: Random;
  timeoutMs: number;
}

export function authorizationOf(
  { url, token, smart }: FhirConfiguration,
  services: AuthorizationServices,
): Authorization {
  if (smart !== undefined) return new SmartAuthorization(url, smart, services);
  const header = token === undefined ? undefined : `Bearer ${token}`;
  return { header: async () => header, renew: () => false };
}

/** A token is used no longer than this before its end. */
const marginMs = 30_000;
/** Life of a token whose server does not tell (RFC 6749 §5.1 leaves it open). */
const usualLifeMs = 300_000;
const answerBytes = 1024 * 1024;

/**
 * SMART Backend Services (HL7 SMART App Launch 2.x, backend-services; RFC 7523 §2.2): an assertion
 * that is signed with our private key is exchanged for a short-lived token. The token endpoint is
 * what the plan names, or what the server tells, which must then be on the server's own origin.
 */
class SmartAuthorization implements Authorization {
  readonly #base: URL;
  readonly #smart: SmartConfiguration;
  readonly #services: AuthorizationServices;
  #token: Promise<{ header: string; endsAtMs: number }> | undefined;

  constructor(base: URL, smart: SmartConfiguration, services: AuthorizationServices) {
    this.#base = base;
    this.#smart = smart;
    this.#services = services;
  }

  async header(signal: AbortSignal): Promise<string> {
    const { clock } = this.#services;
    const known = await this.#token;
    if (known !== undefined && known.endsAtMs - marginMs > clock.monotonicMs()) return known.header;
    // Requests that come meanwhile wait for this token and ask for none of their own.
    if (this.#token === undefined || known !== undefined) this.#token = this.#fresh(signal);
    return (await this.#token).header;
  }

  renew(): boolean {
    this.#token = undefined;
    return true;
  }

  async #fresh(signal: AbortSignal): Promise<{ header: string; endsAtMs: number }> {
    try {
      return await this.#ask(signal);
    } catch (error) {
      this.#token = undefined;
      throw error;
    }
  }

  async #ask(signal: AbortSignal): Promise<{ header: string; endsAtMs: number }> {
    const url = this.#smart.tokenUrl ?? (await this.#discover(signal));
    const { clock } = this.#services;
    const form = new URLSearchParams({
      grant_type: 'client_credentials',
      scope: this.#smart.scope,
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: assertionOf(this.#smart, url, this.#services),
    });
    const headers = {
      'content-type': 'application/x-www-form-urlencoded',
      accept: 'application/json',
    };
    const askedAtMs = clock.monotonicMs();
    const answer = await this.#exchange(
      { url, method: 'POST', headers, body: form.toString() },
      signal,
    );
    const { access_token: token, expires_in: life } = answer;
    if (typeof token !== 'string' || token === '') throw denied();
    const lifeMs = life instanceof JsonNumber ? Number(life.text) * 1000 : usualLifeMs;
    return { header: `Bearer ${token}`, endsAtMs: askedAtMs + lifeMs };
  }

  async #discover(signal: AbortSignal): Promise<URL> {
    const url = new URL('.well-known/smart-configuration', this.#base);
    const headers = { accept: 'application/json' };
    const { token_endpoint: told } = await this.#exchange({ url, method: 'GET', headers }, signal);
    const endpoint = typeof told === 'string' ? URL.parse(told) : null;
    if (endpoint?.origin === this.#base.origin) return endpoint;
    throw new HandoverError(
      'token-endpoint-elsewhere',
      'The target’s SMART configuration names no token endpoint of the target’s own origin.',
      {
        exitCode: exitCodes.planInvalid,
        next: 'If another origin is right, name it as `smart.tokenUrl` of this target in the plan.',
      },
    );
  }

  async #exchange(request: Exchange, signal: AbortSignal): Promise<JsonObject> {
    const { timeoutMs } = this.#services;
    const limits: ExchangeLimits = { timeoutMs, answerBytes, signal };
    const reply = await exchange(request, limits);
    if (reply.status === 429 || reply.status >= 500) throw unavailable();
    const value = reply.status === 200 ? parsedAnswer(reply) : undefined;
    if (!isJsonObject(value)) throw denied();
    return value;
  }
}

/** The assertion (RFC 7519), good for five minutes and one use. */
function assertionOf(
  { clientId, privateKey, keyId }: SmartConfiguration,
  endpoint: URL,
  { clock, random }: AuthorizationServices,
): string {
  const algorithm = privateKey.asymmetricKeyType === 'rsa' ? 'RS384' : 'ES384';
  const seconds = Math.floor(clock.now().getTime() / 1000);
  const claims = {
    iss: clientId,
    sub: clientId,
    aud: endpoint.href,
    iat: seconds,
    exp: seconds + 290,
    jti: uuid7(clock, random),
  };
  const signed = `${encoded({ alg: algorithm, kid: keyId, typ: 'JWT' })}.${encoded(claims)}`;
  return `${signed}.${signature(privateKey, signed)}`;
}

function encoded(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

/** RFC 7518 §3.3 and §3.4: an EC signature is the two numbers side by side. */
function signature(key: KeyObject, text: string): string {
  const bytes = sign('sha384', Buffer.from(text), { key, dsaEncoding: 'ieee-p1363' });
  return bytes.toString('base64url');
}

function denied(): HandoverError {
  return new HandoverError('token-denied', 'The target’s token endpoint gave no token.', {
    exitCode: exitCodes.unavailable,
    next: 'Check `smart` of this target: client id, key id, private key and scope. Nothing was sent.',
  });
}

function unavailable(): HandoverError {
  return new HandoverError('token-unavailable', 'The target’s token endpoint cannot answer now.', {
    failure: 'transient',
    exitCode: exitCodes.unavailable,
    next: 'Check the target, then: handover resume',
  });
}
