import { createHash, timingSafeEqual } from 'node:crypto';
import { errors, jwtVerify, type JSONWebKeySet, type JWTPayload, type JWTVerifyGetKey } from 'jose';
import { z } from 'zod';
import type { Identity, Logout } from '../../access/federated.ts';
import { isSealed } from '../../base/loopback.ts';
import type { Clock } from '../../base/clock.ts';
import { sha256 } from '../../base/digest.ts';
import { HandoverError, exitCodes } from '../../base/errors.ts';
import type { Random } from '../../base/random.ts';
import type { Role } from '../../contract/access.ts';
import { askJson } from './outbound.ts';
import { keySet } from './keySet.ts';
import type { ProviderSettings } from './settings.ts';

/** Signatures that are taken; `none` and those by a shared secret never are. */
const algorithms = ['RS256', 'ES256', 'PS256'];
/** Clocks of two machines may differ by this. */
const clockTolerance = 30;
/** An ID token is used at once, or not at all. */
const maxTokenAge = '5 minutes';
const discoveredMs = 3_600_000;

/** What is kept of a sign-in while the browser is at the provider. */
export interface SignInFlow {
  state: string;
  nonce: string;
  verifier: string;
  redirect: string;
}

const document = z.object({
  issuer: z.string(),
  authorization_endpoint: z.url(),
  token_endpoint: z.url(),
  jwks_uri: z.url(),
  code_challenge_methods_supported: z.array(z.string()).optional(),
  token_endpoint_auth_methods_supported: z.array(z.string()).optional(),
  authorization_response_iss_parameter_supported: z.boolean().optional(),
});

type Discovered = z.infer<typeof document>;

const tokens = z.object({ id_token: z.string() });

/**
 * OpenID Connect Core 1.0, authorisation code with PKCE (RFC 7636, S256): who somebody is, by the word
 * of one provider. Neither access nor refresh token is kept: nothing is asked of it later.
 */
export class IdentityProvider {
  readonly #settings: ProviderSettings;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #keys: JWTVerifyGetKey;
  #discovered: { told: Discovered; atMs: number } | undefined;

  constructor(settings: ProviderSettings, { clock, random }: { clock: Clock; random: Random }) {
    this.#settings = settings;
    this.#clock = clock;
    this.#random = random;
    this.#keys = keySet(() => this.#loadKeys(), clock);
  }

  get name(): string {
    return this.#settings.name;
  }

  get issuer(): string {
    return this.#settings.issuer;
  }

  /**
   * Where the browser goes to sign in.
   * @throws HandoverError `sign-in-unavailable`, `provider-unfit`
   */
  async begin(redirect: string): Promise<{ address: string; flow: SignInFlow }> {
    const { authorization_endpoint: endpoint } = await this.#discover();
    const { clientId, scopes, secondFactor } = this.#settings;
    const [state, nonce, verifier] = [this.#secret(), this.#secret(), this.#secret()];
    const address = new URL(endpoint);
    const asked = {
      response_type: 'code',
      client_id: clientId,
      redirect_uri: redirect,
      scope: [...new Set(['openid', ...scopes])].join(' '),
      state,
      nonce,
      code_challenge: createHash('sha256').update(verifier).digest('base64url'),
      code_challenge_method: 'S256',
      ...(secondFactor.acr.length > 0 && { acr_values: secondFactor.acr.join(' ') }),
    };
    for (const [name, value] of Object.entries(asked)) address.searchParams.set(name, value);
    return { address: address.href, flow: { state, nonce, verifier, redirect } };
  }

  /**
   * Who came back from the provider.
   * @throws HandoverError `provider-refused`, `sign-in-no-role`, `sign-in-unavailable`
   */
  async finish(flow: SignInFlow, answer: URLSearchParams): Promise<Identity> {
    const told = await this.#discover();
    const issuer = answer.get('iss');
    const mustName = told.authorization_response_iss_parameter_supported === true;
    if (!isSame(answer.get('state') ?? '', flow.state)) throw refused();
    // RFC 9207: an answer of another provider is none.
    if (issuer === null ? mustName : issuer !== this.issuer) throw refused();
    const code = answer.get('code');
    if (code === null || answer.has('error')) throw refused();
    const claims = await this.#verified(await this.#idToken(told, code, flow));
    if (typeof claims['nonce'] !== 'string' || !isSame(claims['nonce'], flow.nonce)) {
      throw refused();
    }
    return this.#identity(claims);
  }

  /**
   * Whose sessions a logout token ends (OpenID Connect Back-Channel Logout 1.0, §2.6). One that is
   * sent again ends nothing that began after it was made.
   * @throws HandoverError `provider-refused`
   */
  async logout(token: string): Promise<Logout> {
    const { payload } = await this.#verify(token, ['iat', 'exp', 'jti', 'events']);
    const { sub, sid, nonce, events, iat = 0 } = payload;
    const event = 'http://schemas.openid.net/event/backchannel-logout';
    const isEvent = typeof events === 'object' && events !== null && event in events;
    const providerSession = typeof sid === 'string' ? sid : undefined;
    const names = sub !== undefined || providerSession !== undefined;
    if (!isEvent || nonce !== undefined || !names) throw refused();
    const until = new Date((iat + clockTolerance) * 1000);
    return { issuer: this.issuer, subject: sub, providerSession, until };
  }

  async #verified(token: string): Promise<JWTPayload> {
    const { payload } = await this.#verify(token, ['sub', 'iat', 'exp', 'nonce']);
    const { clientId } = this.#settings;
    const several = Array.isArray(payload.aud) && payload.aud.length > 1;
    const party = payload['azp'];
    // OpenID Connect Core 1.0, §3.1.3.7, points 4 and 5.
    if (party === undefined ? several : party !== clientId) throw refused();
    return payload;
  }

  async #verify(token: string, requiredClaims: string[]) {
    try {
      return await jwtVerify(token, this.#keys, {
        algorithms,
        issuer: this.issuer,
        audience: this.#settings.clientId,
        clockTolerance,
        maxTokenAge,
        requiredClaims,
        currentDate: this.#clock.now(),
      });
    } catch (error) {
      if (error instanceof errors.JOSEError || error instanceof TypeError) throw refused(error);
      throw error;
    }
  }

  async #idToken(told: Discovered, code: string, flow: SignInFlow): Promise<string> {
    const { clientId, clientSecret } = this.#settings;
    const form = new URLSearchParams({
      grant_type: 'authorization_code',
      code,
      redirect_uri: flow.redirect,
      code_verifier: flow.verifier,
      client_id: clientId,
    });
    const ways = told.token_endpoint_auth_methods_supported ?? ['client_secret_basic'];
    const isBasic = clientSecret !== undefined && ways.includes('client_secret_basic');
    if (clientSecret !== undefined && !isBasic) form.set('client_secret', clientSecret);
    const { status, json } = await askJson({
      url: new URL(told.token_endpoint),
      method: 'POST',
      headers: {
        accept: 'application/json',
        'content-type': 'application/x-www-form-urlencoded',
        ...(isBasic && { authorization: basic(clientId, clientSecret) }),
      },
      body: form.toString(),
    });
    const answer = tokens.safeParse(json);
    if (status === 200 && answer.success) return answer.data.id_token;
    throw refused();
  }

  #identity(claims: JWTPayload): Identity {
    const { account, roles, secondFactor } = this.#settings;
    const name = claimAt(claims, account);
    const groups = textsOf(claimAt(claims, roles.claim));
    const own = new Set(groups.flatMap((group) => allowed(roles.allow, group)));
    if (own.size === 0) throw noRole();
    const { sub, sid, acr, amr } = claims;
    const hasAcr = typeof acr === 'string' && secondFactor.acr.includes(acr);
    return {
      issuer: this.issuer,
      subject: sub ?? '',
      providerSession: typeof sid === 'string' ? sid : undefined,
      account: typeof name === 'string' ? name.toLowerCase() : '',
      roles: [...own],
      isStrong: hasAcr || textsOf(amr).some((one) => secondFactor.amr.includes(one)),
    };
  }

  async #discover(): Promise<Discovered> {
    const nowMs = this.#clock.monotonicMs();
    const kept = this.#discovered;
    if (kept !== undefined && nowMs - kept.atMs < discoveredMs) return kept.told;
    const base = this.issuer.replace(/\/$/, '');
    const url = new URL(`${base}/.well-known/openid-configuration`);
    const { status, json } = await askJson({ url, method: 'GET', headers: accept });
    const told = document.safeParse(json);
    if (status !== 200 || !told.success || !this.#isFit(told.data)) throw unfit();
    this.#discovered = { told: told.data, atMs: nowMs };
    return told.data;
  }

  /** A document that sends a secret, or trust, elsewhere than the file says is not followed. */
  #isFit(told: Discovered): boolean {
    const origins = [new URL(this.issuer).origin, ...this.#settings.origins];
    const endpoints = [told.authorization_endpoint, told.token_endpoint, told.jwks_uri];
    const ways = told.code_challenge_methods_supported ?? ['S256'];
    return (
      told.issuer === this.issuer &&
      ways.includes('S256') &&
      endpoints
        .map((one) => new URL(one))
        .every((one) => isSealed(one) && origins.includes(one.origin))
    );
  }

  async #loadKeys(): Promise<JSONWebKeySet> {
    const { jwks_uri: address } = await this.#discover();
    const { json } = await askJson({ url: new URL(address), method: 'GET', headers: accept });
    return json as JSONWebKeySet;
  }

  #secret(): string {
    return this.#random.bytes(32).toString('base64url');
  }
}

const accept = { accept: 'application/json' };

function isSame(one: string, other: string): boolean {
  return timingSafeEqual(sha256(one), sha256(other));
}

/** RFC 6749 §2.3.1: both are form-encoded first. */
function basic(id: string, secret: string): string {
  const encoded = (text: string): string => new URLSearchParams({ '': text }).toString().slice(1);
  return `Basic ${Buffer.from(`${encoded(id)}:${encoded(secret)}`).toString('base64')}`;
}

/** A name of the table and no member of JavaScript's own. */
function allowed(table: Readonly<Record<string, readonly Role[]>>, group: string): readonly Role[] {
  return Object.hasOwn(table, group) ? (table[group] ?? []) : [];
}

/** A claim by its whole name, which may hold dots itself, or through objects. */
function claimAt(claims: JWTPayload, path: string): unknown {
  if (Object.hasOwn(claims, path)) return claims[path];
  let at: unknown = claims;
  for (const part of path.split('.')) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, part)) return undefined;
    at = (at as Record<string, unknown>)[part];
  }
  return at;
}

function textsOf(claim: unknown): string[] {
  return [claim].flat().filter((one) => typeof one === 'string');
}

function refused(cause?: unknown): HandoverError {
  return new HandoverError('provider-refused', 'The provider’s answer does not sign anybody in.', {
    cause,
    exitCode: exitCodes.approvalNeeded,
    next: 'Sign in again from the beginning.',
  });
}

function noRole(): HandoverError {
  return new HandoverError('sign-in-no-role', 'None of your groups has a role here.', {
    exitCode: exitCodes.approvalNeeded,
    next: 'Ask whoever keeps `access.yaml` of this project.',
  });
}

function unfit(): HandoverError {
  return new HandoverError(
    'provider-unfit',
    'The provider’s own description is not what was agreed.',
    {
      exitCode: exitCodes.unavailable,
      next: 'Compare `issuer` and `origins` of access.yaml with its openid-configuration; it must know S256.',
    },
  );
}
