import type { Role } from '../../contract/access.ts';

/** Who may use a route: anybody who reaches it, or these roles and nobody else. */
export type Who = 'anybody' | readonly Role[];

/** One line of the table that is the authority: a route that has none cannot be registered. */
export interface RouteRight {
  server: 'console' | 'fhir';
  method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** As it is registered, without the patterns of its parameters; `/*` stands for the pages' files. */
  path: string;
  does: string;
  who: Who;
  /** Texts that its body, a JSON object, must have. */
  body?: readonly string[];
  /** Roles that a broken glass opens it to for a while. */
  underGlass?: readonly Role[];
  /** What its answer holds: `patient` is recorded, one event per patient, before it leaves. */
  tells: 'nothing' | 'counts' | 'patient';
}

const everyone: readonly Role[] = [
  'lead',
  'analyst',
  'steward',
  'clinician',
  'compliance',
  'operator',
  'auditor',
];
/** Those who see charts by their work. */
const chartReaders: readonly Role[] = ['clinician', 'steward'];
/** Those who may have to, in an emergency. */
const glassBreakers: readonly Role[] = ['lead', 'analyst', 'operator'];
const approvers: readonly Role[] = ['clinician', 'compliance', 'steward'];
const owners: readonly Role[] = ['lead', ...approvers];
const watchers: readonly Role[] = ['compliance', 'auditor'];

const run = '/api/runs/:run';
const gate = '/api/gates/:gate';

const consoleRights: readonly Omit<RouteRight, 'server'>[] = [
  { method: 'GET', path: '/*', does: 'the pages', who: 'anybody', tells: 'nothing' },
  {
    method: 'GET',
    path: '/api/door',
    does: 'how one signs in',
    who: 'anybody',
    tells: 'nothing',
  },
  {
    method: 'POST',
    path: '/api/session',
    does: 'sign in',
    who: 'anybody',
    body: ['code'],
    tells: 'nothing',
  },
  {
    method: 'GET',
    path: '/api/session',
    does: 'who is signed in',
    who: everyone,
    tells: 'nothing',
  },
  { method: 'DELETE', path: '/api/session', does: 'sign out', who: everyone, tells: 'nothing' },
  {
    method: 'GET',
    path: '/api/oidc/begin',
    does: 'go to the identity provider to sign in',
    who: 'anybody',
    tells: 'nothing',
  },
  {
    method: 'GET',
    path: '/api/oidc/callback',
    does: 'come back from the identity provider',
    who: 'anybody',
    tells: 'nothing',
  },
  {
    method: 'POST',
    path: '/api/oidc/logout',
    does: 'end sessions by the word of the identity provider, which signs it',
    who: 'anybody',
    tells: 'nothing',
  },
  {
    method: 'POST',
    path: '/api/session/passkey/options',
    does: 'a challenge to sign in with a passkey',
    who: 'anybody',
    tells: 'nothing',
  },
  {
    method: 'POST',
    path: '/api/session/passkey',
    does: 'sign in with a passkey',
    who: 'anybody',
    body: ['id', 'clientDataJSON', 'authenticatorData', 'signature'],
    tells: 'nothing',
  },
  {
    method: 'GET',
    path: '/api/passkeys',
    does: 'one’s own passkeys',
    who: everyone,
    tells: 'nothing',
  },
  {
    method: 'POST',
    path: '/api/passkeys/options',
    does: 'a challenge to make a passkey of one’s own',
    who: everyone,
    tells: 'nothing',
  },
  {
    method: 'POST',
    path: '/api/passkeys',
    does: 'make a passkey of one’s own, with a code of the second factor',
    who: everyone,
    body: ['label', 'code', 'clientDataJSON', 'authenticatorData', 'publicKey'],
    tells: 'nothing',
  },
  {
    method: 'DELETE',
    path: '/api/passkeys/:passkey',
    does: 'remove a passkey of one’s own',
    who: everyone,
    tells: 'nothing',
  },
  { method: 'GET', path: '/api/runs', does: 'the runs', who: everyone, tells: 'counts' },
  { method: 'GET', path: run, does: 'one run', who: everyone, tells: 'counts' },
  { method: 'GET', path: `${run}/live`, does: 'one run, live', who: everyone, tells: 'counts' },
  { method: 'GET', path: `${run}/report`, does: 'its report', who: everyone, tells: 'counts' },
  { method: 'GET', path: `${run}/held`, does: 'what is held', who: everyone, tells: 'counts' },
  {
    method: 'GET',
    path: `${run}/differences`,
    does: 'what differs',
    who: everyone,
    tells: 'counts',
  },
  {
    method: 'POST',
    path: `${run}/held/:item/reveal`,
    does: 'show the content of a held item',
    who: chartReaders,
    body: ['reason'],
    underGlass: glassBreakers,
    tells: 'patient',
  },
  {
    method: 'POST',
    path: '/api/break-glass',
    does: 'open charts for half an hour, with a reason and an alarm',
    who: glassBreakers,
    body: ['reason'],
    tells: 'nothing',
  },
  { method: 'GET', path: '/api/gates', does: 'the gates', who: everyone, tells: 'counts' },
  { method: 'GET', path: gate, does: 'one gate', who: everyone, tells: 'counts' },
  {
    method: 'POST',
    path: `${gate}/requests`,
    does: 'ask for a gate',
    who: ['lead'],
    body: ['run'],
    tells: 'counts',
  },
  {
    method: 'POST',
    path: `${gate}/approvals`,
    does: 'approve',
    who: approvers,
    body: ['evidence'],
    tells: 'counts',
  },
  {
    method: 'POST',
    path: `${gate}/waivers`,
    does: 'waive a criterion of a domain of one’s own',
    who: owners,
    body: ['criterion', 'reason', 'expires'],
    tells: 'counts',
  },
  {
    method: 'POST',
    path: `${gate}/open`,
    does: 'open a target whose gate is open',
    who: ['lead', 'operator'],
    tells: 'counts',
  },
  { method: 'GET', path: '/api/accounts', does: 'the accounts', who: watchers, tells: 'nothing' },
  {
    method: 'POST',
    path: '/api/accounts/:account/disable',
    does: 'disable an account and end its sessions',
    who: ['compliance'],
    tells: 'nothing',
  },
];

const reading = (method: 'GET' | 'POST', path: string, does: string) =>
  ({ method, path, does, who: chartReaders, tells: 'patient' }) as const;
const writing = (method: 'POST' | 'PUT' | 'DELETE', path: string, does: string) =>
  ({ method, path, does, who: ['operator'], tells: 'patient' }) as const;
const codes = (path: string, does: string) =>
  (['GET', 'POST'] as const).map(
    (method) => ({ method, path, does, who: everyone, tells: 'nothing' }) as const,
  );

const fhirRights: readonly Omit<RouteRight, 'server'>[] = [
  { method: 'GET', path: '/metadata', does: 'what it can do', who: everyone, tells: 'nothing' },
  {
    method: 'GET',
    path: '/.well-known/smart-configuration',
    does: 'where machines with a key of their own get tokens',
    who: 'anybody',
    tells: 'nothing',
  },
  {
    method: 'POST',
    path: '/token',
    does: 'a token for a signed assertion (SMART Backend Services)',
    who: 'anybody',
    tells: 'nothing',
  },
  ...codes('/CodeSystem/$validate-code', 'judge a code'),
  ...codes('/ValueSet/$validate-code', 'judge a member'),
  ...codes('/CodeSystem/$lookup', 'look a code up'),
  ...codes('/ValueSet/$expand', 'list the codes of a value set'),
  ...codes('/ConceptMap/$translate', 'translate a code'),
  writing('POST', '/', 'batch or transaction'),
  reading('GET', '/:type', 'search'),
  reading('POST', '/:type/_search', 'search'),
  writing('POST', '/:type', 'create'),
  writing('PUT', '/:type', 'conditional update'),
  reading('GET', '/:type/:id', 'read'),
  writing('PUT', '/:type/:id', 'update'),
  writing('DELETE', '/:type/:id', 'delete'),
  reading('GET', '/:type/:id/_history', 'history'),
  reading('GET', '/:type/:id/_history/:version', 'read a version'),
];

/** Every route there is, by its server, method and path. */
export const routeRights: readonly RouteRight[] = [
  ...consoleRights.map((right): RouteRight => ({ server: 'console', ...right })),
  ...fhirRights.map((right): RouteRight => ({ server: 'fhir', ...right })),
];

const byRoute = new Map(routeRights.map((right) => [routeKey(right), right]));

/** The line of a registered route; undefined: it may not be there. */
export function rightOf(
  server: RouteRight['server'],
  method: string,
  registered: string,
): RouteRight | undefined {
  const plain = registered.replaceAll(/\(\^[^)]*\)/g, '');
  const isFile = server === 'console' && method === 'GET' && !plain.startsWith('/api');
  return byRoute.get(routeKey({ server, method, path: isFile ? '/*' : plain }));
}

function routeKey({ server, method, path }: { server: string; method: string; path: string }) {
  return `${server} ${method} ${path}`;
}
