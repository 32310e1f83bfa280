import { createPublicKey } from 'node:crypto';
import {
  createLocalJWKSet,
  decodeJwt,
  errors,
  jwtVerify,
  type JSONWebKeySet,
  type JWTPayload,
  type JWTVerifyGetKey,
} from 'jose';
import { z } from 'zod';
import type { AccountServices } from '../../access/accounts.ts';
import {
  clientOf,
  clientTokenMs,
  issueClientToken,
  takeAssertion,
  type Client,
} from '../../access/clients.ts';
import { exitCodes, HandoverError } from '../../base/errors.ts';
import { grantedScopes, scopeText, systemScope, type SystemScope } from '../../contract/scopes.ts';
import { keySet } from './keySet.ts';
import { askJson } from './outbound.ts';
import type { AccessRecord } from './record.ts';

/** Signatures of assertions that are taken (SMART App Launch 2, asymmetric client authentication). */
export const assertionAlgorithms = ['RS384', 'ES384'];
/** An assertion ends no later than this after it is shown. */
const longestSeconds = 300;
const clockTolerance = 5;
const longestId = 255;

export type TokenError =
  'invalid_request' | 'invalid_client' | 'invalid_scope' | 'unsupported_grant_type';

export type TokenAnswer =
  | { access_token: string; token_type: 'bearer'; expires_in: number; scope: string }
  | { error: TokenError };

export interface TokenDeskServices {
  accounts: Omit<AccountServices, 'key'>;
  record: AccessRecord;
}

const jwtBearer = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

/**
 * Tokens for machines that sign with a key of their own: SMART Backend Services (HL7 SMART App Launch
 * 2.x; RFC 7523 §2.2). Which part of a proof was wrong is told to nobody.
 */
export class TokenDesk {
  readonly #services: TokenDeskServices;
  /** Key sets that clients publish, by their address. */
  readonly #published = new Map<string, JWTVerifyGetKey>();

  constructor(services: TokenDeskServices) {
    this.#services = services;
  }

  /** Answer the form of a token request that came to `address`, the audience of its assertion. */
  async answer(form: URLSearchParams, address: string): Promise<TokenAnswer> {
    const { accounts, record } = this.#services;
    const assertion = form.get('client_assertion');
    if (form.get('grant_type') !== 'client_credentials') return { error: 'unsupported_grant_type' };
    if (form.get('client_assertion_type') !== jwtBearer || assertion === null) {
      return { error: 'invalid_request' };
    }
    const client = await this.#proven(assertion, address);
    if (client === undefined) {
      await record('sign-in', 'nobody', 'not-found', 'Token');
      return { error: 'invalid_client' };
    }
    const scopes = grantedTo(client, form.get('scope') ?? '');
    await record('sign-in', client.name, scopes === undefined ? 'not-found' : 'attempted', 'Token');
    if (scopes === undefined) return { error: 'invalid_scope' };
    return {
      access_token: await issueClientToken(accounts, client.name, scopes),
      token_type: 'bearer',
      expires_in: clientTokenMs / 1000,
      scope: scopes.map(scopeText).join(' '),
    };
  }

  /** The client that an assertion proves, which is then spent. */
  async #proven(assertion: string, address: string): Promise<Client | undefined> {
    const { accounts } = this.#services;
    try {
      const { iss = '' } = decodeJwt(assertion);
      const client = await clientOf(accounts.database, iss);
      if (client === undefined) return undefined;
      const { payload, protectedHeader } = await jwtVerify(assertion, this.#keysOf(client), {
        algorithms: assertionAlgorithms,
        issuer: client.name,
        subject: client.name,
        audience: address,
        clockTolerance,
        requiredClaims: ['exp', 'jti'],
        currentDate: accounts.clock.now(),
      });
      const url = 'url' in client.proof ? client.proof.url : undefined;
      const { jku = url, kid } = protectedHeader;
      if (jku !== url || kid === undefined) return undefined;
      const isNew = await this.#spend(client.name, payload);
      return isNew ? client : undefined;
    } catch (error) {
      if (error instanceof errors.JOSEError || error instanceof TypeError) return undefined;
      throw error;
    }
  }

  async #spend(client: string, { jti = '', exp = 0 }: JWTPayload): Promise<boolean> {
    const { accounts } = this.#services;
    const left = exp - accounts.clock.now().getTime() / 1000;
    if (left > longestSeconds + clockTolerance || jti === '' || jti.length > longestId)
      return false;
    const endsAt = new Date((exp + clockTolerance) * 1000);
    return takeAssertion(accounts, client, jti, endsAt);
  }

  #keysOf({ proof }: Client): JWTVerifyGetKey {
    if ('keys' in proof) return createLocalJWKSet(proof.keys as JSONWebKeySet);
    const { url } = proof;
    const known = this.#published.get(url);
    if (known !== undefined) return known;
    const load = async (): Promise<JSONWebKeySet> => {
      const headers = { accept: 'application/json' };
      return (await askJson({ url: new URL(url), method: 'GET', headers })).json as JSONWebKeySet;
    };
    const made = keySet(load, this.#services.accounts.clock);
    this.#published.set(url, made);
    return made;
  }
}

/** Undefined: a scope that is none, or nothing of what was asked for is the client's. */
function grantedTo({ scopes: held }: Client, text: string): SystemScope[] | undefined {
  const asked = text
    .split(' ')
    .filter((one) => one !== '')
    .map(systemScope);
  const readable = asked.filter((scope) => scope !== undefined);
  const granted = grantedScopes(readable, held);
  return readable.length < asked.length || granted.length === 0 ? undefined : granted;
}

/** What clients find the token endpoint by (SMART App Launch 2, `.well-known/smart-configuration`). */
export function smartConfiguration(base: string): object {
  return {
    token_endpoint: `${base}/token`,
    token_endpoint_auth_methods_supported: ['private_key_jwt'],
    token_endpoint_auth_signing_alg_values_supported: assertionAlgorithms,
    grant_types_supported: ['client_credentials'],
    scopes_supported: ['system/*.cruds', 'system/*.rs'],
    code_challenge_methods_supported: ['S256'],
    capabilities: ['client-confidential-asymmetric', 'permission-v1', 'permission-v2'],
  };
}

const jwk = z.looseObject({ kty: z.enum(['RSA', 'EC']), kid: z.string().min(1) });
const jwks = z.object({ keys: z.array(jwk).min(1).max(20) });

/**
 * The public keys of a client, from the text of a JWK Set.
 * @throws HandoverError `client-unfit` (exit 2): no key set, a private half in it, a weak or unfit key.
 */
export function clientKeys(text: string): object {
  const parsed = jwks.safeParse(jsonOf(text));
  if (!parsed.success) throw unfit('It is no JWK Set of RSA and EC keys, each with `kid`.');
  const { keys } = parsed.data;
  if (keys.some((key) => 'd' in key)) throw unfit('It holds a private key: give the public half.');
  if (!keys.every(isFit))
    throw unfit('A key is no RSA key of 2,048 bits or more, and none on P-384.');
  return { keys };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function isFit(key: z.infer<typeof jwk>): boolean {
  try {
    const { asymmetricKeyDetails: details = {} } = createPublicKey({ key, format: 'jwk' });
    return key.kty === 'RSA'
      ? (details.modulusLength ?? 0) >= 2048
      : details.namedCurve === 'secp384r1';
  } catch {
    return false;
  }
}

export function unfit(message: string): HandoverError {
  return new HandoverError('client-unfit', message, {
    exitCode: exitCodes.usage,
    next: 'Nothing was made. See `handover client add --help`.',
  });
}
