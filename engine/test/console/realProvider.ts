import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { Provider } from 'oidc-provider';

/** A person at the provider: in which groups, and whether they show two factors there. */
export interface ProviderPerson {
  groups: readonly string[];
  twoFactors: boolean;
}

export interface RealProvider {
  issuer: string;
  close(): Promise<void>;
}

export interface RealProviderWish {
  clientId: string;
  clientSecret: string;
  /** Where the console will listen. */
  console: string;
  people: Readonly<Record<string, ProviderPerson>>;
}

/** A certified OpenID Connect provider on loopback; its sign-in page asks for a name alone. */
export async function realProvider(wish: RealProviderWish): Promise<RealProvider> {
  const server = createServer((_request, response) => response.writeHead(503).end());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const provider = new Provider(issuer, configuration(wish));
  const answer = provider.callback();
  server.removeAllListeners('request');
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    const isOwn = request.url?.startsWith('/interaction/') === true;
    void (isOwn ? interact(provider, wish, request, response) : answer(request, response));
  });
  return { issuer, close: () => closed(server) };
}

async function closed(server: Server): Promise<void> {
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
}

async function interact(
  provider: Provider,
  { people }: RealProviderWish,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (request.method === 'GET') {
    response.writeHead(200, { 'content-type': 'text/html' });
    response.end(
      '<form method="post"><label>Name <input name="name"></label><button>Continue</button></form>',
    );
    return;
  }
  const name = new URLSearchParams(await text(request)).get('name') ?? '';
  const amr = people[name]?.twoFactors === true ? ['pwd', 'mfa'] : ['pwd'];
  await provider.interactionFinished(request, response, { login: { accountId: name, amr } });
}

function configuration({ clientId, clientSecret, console: at, people }: RealProviderWish): object {
  return {
    clients: [
      {
        client_id: clientId,
        client_secret: clientSecret,
        redirect_uris: [`${at}/api/oidc/callback`],
        backchannel_logout_uri: `${at}/api/oidc/logout`,
        backchannel_logout_session_required: true,
        response_types: ['code'],
        grant_types: ['authorization_code'],
      },
    ],
    claims: {
      openid: ['sub', 'sid', 'amr'],
      profile: ['preferred_username', 'groups'],
    },
    conformIdTokenClaims: false,
    cookies: { keys: ['a key of the test'] },
    features: {
      devInteractions: { enabled: false },
      backchannelLogout: { enabled: true },
      rpInitiatedLogout: { enabled: true },
    },
    // By itself it speaks to no loopback address, where the console of the test listens.
    fetch: (url: string, options: RequestInit & { dispatcher?: unknown }) => {
      delete options.dispatcher;
      return fetch(url, options);
    },
    interactions: { url: (_: unknown, { uid }: { uid: string }) => `/interaction/${uid}` },
    findAccount: (_: unknown, id: string) => ({
      accountId: id,
      claims: () => ({ sub: id, preferred_username: id, groups: people[id]?.groups ?? [] }),
    }),
    // Consent is the hospital's, given once for all.
    loadExistingGrant: async (context: ConsentContext) => {
      const { client, session, provider } = context.oidc;
      const grant = new provider.Grant({
        clientId: client.clientId,
        accountId: session.accountId,
      });
      grant.addOIDCScope('openid profile');
      await grant.save();
      return grant;
    },
  };
}

interface ConsentContext {
  oidc: {
    client: { clientId: string };
    session: { accountId: string };
    provider: {
      Grant: new (of: object) => { addOIDCScope(scope: string): void; save(): Promise<string> };
    };
  };
}
