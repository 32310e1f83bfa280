import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { ProviderSettings } from '../../src/server/access/settings.ts';
import { jwt, seconds, signingPair, type SigningPair } from './jwt.ts';

/** What a test has the provider say; everything else is as it should be. */
export interface Script {
  claims?: Record<string, unknown>;
  /** Claims that are left out. */
  without?: readonly string[];
  /** The token itself, from what would be its claims. */
  token?: (claims: Record<string, unknown>) => string;
  pair?: SigningPair;
}

/** An identity provider that can be told to lie: discovery, keys and tokens over HTTP. */
export interface ScriptedProvider {
  issuer: string;
  pair: SigningPair;
  /** What its key set holds. */
  published: SigningPair[];
  script: Script;
  /** What its discovery document says otherwise. */
  document: Record<string, unknown>;
  /** How often its keys were asked for. */
  keysAsked: number;
  /** What the token endpoint was told last. */
  asked: URLSearchParams;
  authorization: string;
  /** Take what a browser would bring; the next token answers it. */
  expect(address: URL): void;
  claims(): Record<string, unknown>;
  close(): Promise<void>;
}

export const clientId = 'handover';
export const clientSecret = 'a secret: with/signs';

/** What `access.yaml` would say of it. */
export function providerSettings({ issuer }: ScriptedProvider): ProviderSettings {
  return {
    name: 'Riverside staff',
    issuer,
    clientId,
    clientSecret,
    scopes: ['openid', 'groups'],
    origins: [],
    account: 'preferred_username',
    roles: { claim: 'groups', allow: { leads: ['lead'], doctors: ['clinician', 'steward'] } },
    secondFactor: { acr: ['urn:two'], amr: ['mfa'] },
  };
}

export async function scriptedProvider(): Promise<ScriptedProvider> {
  let wanted = new URLSearchParams();
  const server = createServer((request, response) => {
    void (async () => {
      const answer = (body: unknown, status = 200): void => {
        response.writeHead(status, { 'content-type': 'application/json' });
        response.end(JSON.stringify(body));
      };
      switch (request.url ?? '') {
        case '/.well-known/openid-configuration':
          return answer({
            issuer: provider.issuer,
            authorization_endpoint: `${provider.issuer}/authorize`,
            token_endpoint: `${provider.issuer}/token`,
            jwks_uri: `${provider.issuer}/keys`,
            ...provider.document,
          });
        case '/keys':
          provider.keysAsked++;
          return answer({ keys: provider.published.map(({ jwk }) => jwk) });
        case '/token': {
          provider.asked = new URLSearchParams(await text(request));
          provider.authorization = request.headers.authorization ?? '';
          const verifier = provider.asked.get('code_verifier') ?? '';
          const challenge = createHash('sha256').update(verifier).digest('base64url');
          if (challenge !== wanted.get('code_challenge')) {
            return answer({ error: 'invalid_grant' }, 400);
          }
          const { token, pair = provider.pair } = provider.script;
          const claims = provider.claims();
          return answer({ id_token: token?.(claims) ?? jwt(pair, claims), access_token: 'unused' });
        }
        default:
          return answer({}, 404);
      }
    })();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const pair = signingPair('RS256', 'first');
  const provider: ScriptedProvider = {
    issuer: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    pair,
    published: [pair],
    script: {},
    document: {},
    keysAsked: 0,
    asked: new URLSearchParams(),
    authorization: '',
    expect(address) {
      wanted = address.searchParams;
    },
    claims() {
      const all: Record<string, unknown> = {
        iss: provider.issuer,
        aud: clientId,
        sub: 'subject-1',
        sid: 'sid-1',
        iat: seconds(),
        exp: seconds() + 300,
        nonce: wanted.get('nonce'),
        preferred_username: 'ada@riverside.example',
        groups: ['leads'],
        amr: ['pwd', 'mfa'],
        ...provider.script.claims,
      };
      for (const name of provider.script.without ?? []) delete all[name];
      return all;
    },
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  return provider;
}
