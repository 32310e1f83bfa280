import { createPrivateKey, type KeyObject } from 'node:crypto';
import { z } from 'zod';
import { sideEffectNames, sideEffects, type SideEffect } from '../../contract/sideEffects.ts';
import { isLoopback } from '../../base/loopback.ts';
import type { ConfigurationSchema } from '../../model/connector.ts';
import { wireTo, type Wire } from '../../model/wire.ts';

/** Headers that are the connector's own to set. */
const ownHeaders =
  /^(authorization|host|content-.*|transfer-encoding|connection|accept|prefer|if-.*)$/i;

const smart = z.strictObject({
  clientId: z.string().min(1).describe('The id under which the server knows Handover.'),
  privateKey: z
    .string()
    .min(1)
    .describe('PEM or JWK of the private key; a secret, so give it as ${NAME}.'),
  keyId: z.string().min(1).describe('`kid` of the public key that the server was given.'),
  scope: z.string().min(1).default('system/*.*').describe('Scopes to ask for.'),
  tokenUrl: z
    .url()
    .optional()
    .describe('Token endpoint, when it stands on another origin than the server.'),
});

const effect = z.union([
  z.strictObject({
    header: z
      .string()
      .regex(/^[^:\s]+: \S.*$/, 'expected `Name: value`')
      .describe('Sent with every write.'),
  }),
  z.strictObject({
    tag: z
      .string()
      .regex(/^[^|]+\|[^|]+$/, 'expected `system|code`')
      .describe('Put on every resource; taken off before anything is compared.'),
  }),
  z.strictObject({
    agreed: z.string().min(1).describe('Who has switched it off, and for how long.'),
  }),
]);

const effects = z.strictObject(
  Object.fromEntries(
    sideEffectNames.map((name) => [name, effect.optional().describe(sideEffects[name])]),
  ) as Record<SideEffect, z.ZodOptional<typeof effect>>,
);

const settings = z
  .strictObject({
    url: z.url({ protocol: /^https?$/ }).describe('Base address of the server (…/fhir).'),
    token: z.string().trim().min(1).optional().describe('Bearer token; give it as ${NAME}.'),
    smart: smart.optional().describe('SMART Backend Services: a token for a signed assertion.'),
    headers: z.record(z.string(), z.string()).default({}).describe('Sent with every request.'),
    sideEffects: effects
      .default({})
      .describe('How the server is asked to do nothing else because it is written to.'),
    ours: z
      .union([
        z.enum(['ids', 'everything']),
        z.strictObject({ tag: z.string().regex(/^[^|]+\|[^|]+$/) }),
      ])
      .default('ids')
      .describe(
        'What on the server is this project’s: resources whose id has the form Handover gives; ' +
          'everything; or what carries the tag `system|code`, which is then put on each resource.',
      ),
    ids: z
      .enum(['told', 'client', 'server'])
      .default('told')
      .describe(
        'Who gives resources their ids: the client, as the CapabilityStatement must tell ' +
          '(updateCreate); the `client`, for a server that takes ids and does not tell; or the ' +
          '`server`, which is then told ours as an identifier.',
      ),
    bundles: z
      .enum(['transaction', 'batch', 'none'])
      .default('transaction')
      .describe('The strongest kind of Bundle to write with, where the server has it.'),
    entries: z.int().min(1).max(1000).default(100).describe('Entries of one Bundle at most.'),
    connections: z.int().min(1).max(32).default(4).describe('Requests under way at once.'),
    timeoutSeconds: z.int().min(1).max(600).default(60).describe('How long an answer may take.'),
  })
  .describe('Any FHIR R4 server, over its REST interface.');

type Settings = z.infer<typeof settings>;

/** Settings of `kind: fhir` in the plan. */
export interface FhirConfiguration extends Omit<Settings, 'smart' | 'url'> {
  /** Ends with a slash, so that `new URL('Patient/1', url)` stands below it. */
  url: URL;
  smart?: SmartConfiguration;
}

export interface SmartConfiguration {
  clientId: string;
  privateKey: KeyObject;
  keyId: string;
  scope: string;
  tokenUrl?: URL;
}

interface SettingProblem {
  path: string;
  message: string;
}

export const fhirConfiguration: ConfigurationSchema<FhirConfiguration> = {
  parse(value) {
    const result = settings.safeParse(value);
    if (!result.success) {
      const problems = result.error.issues.map(({ path, message }) => ({
        path: path.join('.'),
        message,
      }));
      return { problems };
    }
    const key = keyOf(result.data);
    const problems = [...addressProblems(result.data), ...accessProblems(result.data, key)];
    return problems.length > 0 ? { problems } : { value: configured(result.data, key) };
  },
  jsonSchema: () => z.toJSONSchema(settings, { io: 'input' }),
};

function configured(given: Settings, key: KeyObject | undefined): FhirConfiguration {
  const { smart: services, url, ...plain } = given;
  const base = new URL(url);
  if (!base.pathname.endsWith('/')) base.pathname += '/';
  if (services === undefined || key === undefined) return { ...plain, url: base };
  const { tokenUrl, ...rest } = services;
  const access = { ...rest, privateKey: key, ...(tokenUrl && { tokenUrl: new URL(tokenUrl) }) };
  return { ...plain, url: base, smart: access };
}

function addressProblems({ url, headers, sideEffects: effectsGiven }: Settings): SettingProblem[] {
  const problems: SettingProblem[] = [];
  const base = new URL(url);
  if (base.username !== '' || base.password !== '' || base.search !== '' || base.hash !== '') {
    problems.push({ path: 'url', message: 'holds more than scheme, host, port and path' });
  }
  const asked = Object.entries(writeHeaders(effectsGiven));
  const given = [
    ...Object.entries(headers).map(([name, value]) => [`headers.${name}`, name, value] as const),
    ...asked.map(([name, value]) => ['sideEffects', name, value] as const),
  ];
  for (const [path, name, value] of given) {
    if (ownHeaders.test(name)) problems.push({ path, message: 'is set by the connector itself' });
    else if (!isHeader(name, value)) problems.push({ path, message: 'cannot stand in a header' });
  }
  return problems;
}

/** What is sent with every write against side effects. */
export function writeHeaders(given: Settings['sideEffects']): Record<string, string> {
  const headers = Object.values(given).flatMap((way) =>
    way !== undefined && 'header' in way ? [way.header] : [],
  );
  return Object.fromEntries(
    headers.map((text) => {
      const colon = text.indexOf(':');
      return [text.slice(0, colon), text.slice(colon + 1).trim()];
    }),
  );
}

/** What is put on every resource against side effects, each `system|code`. */
export function effectTags(given: Settings['sideEffects']): string[] {
  const tags = Object.values(given).flatMap((way) =>
    way !== undefined && 'tag' in way ? [way.tag] : [],
  );
  return [...new Set(tags)];
}

function isHeader(name: string, value: string): boolean {
  try {
    return new Headers([[name, value]]).has(name);
  } catch {
    return false;
  }
}

/** The server, and whoever gives tokens for it. */
export function fhirWires({ url, smart: services }: FhirConfiguration): Wire[] {
  return [url, ...(services?.tokenUrl ? [services.tokenUrl] : [])].map(({ hostname, protocol }) =>
    wireTo(hostname, protocol === 'https:' ? 'verified' : 'none'),
  );
}

function accessProblems(given: Settings, key: KeyObject | undefined): SettingProblem[] {
  const problems: SettingProblem[] = [];
  if (given.token !== undefined && !isHeader('authorization', given.token)) {
    problems.push({ path: 'token', message: 'cannot stand in a header' });
  }
  if (given.smart === undefined) return problems;
  if (given.token !== undefined) {
    problems.push({ path: 'token', message: 'stands beside `smart`: one of them gives the token' });
  }
  if (key === undefined) {
    const message = 'is no RSA key and no EC key on P-384, in PEM or as a JWK';
    problems.push({ path: 'smart.privateKey', message });
  }
  const { tokenUrl } = given.smart;
  // No exception of the plan lets an assertion that opens the server cross a network in clear.
  const endpoint = tokenUrl === undefined ? undefined : new URL(tokenUrl);
  if (endpoint?.protocol === 'http:' && !isLoopback(endpoint.hostname)) {
    problems.push({ path: 'smart.tokenUrl', message: 'is not https://' });
  }
  return problems;
}

/** Undefined when there is none, or none that RS384 or ES384 can sign with. */
function keyOf({ smart: services }: Settings): KeyObject | undefined {
  if (services === undefined) return undefined;
  try {
    const text = services.privateKey.trim();
    const key = text.startsWith('{')
      ? createPrivateKey({ key: JSON.parse(text) as never, format: 'jwk' })
      : createPrivateKey(text);
    const { asymmetricKeyType: type, asymmetricKeyDetails: details } = key;
    return type === 'rsa' || details?.namedCurve === 'secp384r1' ? key : undefined;
  } catch {
    return undefined;
  }
}
