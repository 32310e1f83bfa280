import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { exitCodes, HandoverError, systemCode } from '../../base/errors.ts';
import { isSealed } from '../../base/loopback.ts';
import { roles } from '../../contract/access.ts';
import { judgeYaml } from '../../run/plan/shape.ts';

const sealedUrl = z
  .url({ protocol: /^https?$/ })
  .refine((text) => isSealed(new URL(text)), 'is not https://');

const origin = sealedUrl.refine(
  (text) => new URL(text).origin === text,
  'is more than scheme, host and port',
);

const provider = z.strictObject({
  name: z.string().min(1).max(64).describe('What the button says after “Sign in with”.'),
  issuer: sealedUrl.describe('The issuer, as its discovery document and its tokens write it.'),
  clientId: z.string().min(1).describe('The id under which the provider knows Handover.'),
  clientSecret: z
    .string()
    .min(1)
    .optional()
    .describe('The secret, as ${NAME}; without one Handover is a public client.'),
  scopes: z
    .array(z.string().regex(/^[\x21\x23-\x5b\x5d-\x7e]+$/))
    .default(['openid', 'profile'])
    .describe('Scopes to ask for; `openid` is always one of them.'),
  origins: z
    .array(origin)
    .default([])
    .describe('Other origins than the issuer’s that its endpoints may stand on.'),
  account: z
    .string()
    .min(1)
    .default('preferred_username')
    .describe('The claim that names the account; one that its owner cannot change.'),
  roles: z
    .strictObject({
      claim: z.string().min(1).describe('The claim that holds groups; dots lead into objects.'),
      allow: z
        .record(z.string(), z.array(z.enum(roles)).min(1))
        .describe('Group to roles of Handover; whoever is in none of them is refused.'),
    })
    .describe('Who gets which roles.'),
  secondFactor: z
    .strictObject({
      acr: z
        .array(z.string().min(1))
        .default([])
        .describe('Values of `acr` that mean two factors.'),
      amr: z.array(z.string().min(1)).default([]).describe('Values of `amr`, one of which does.'),
    })
    .default({ acr: [], amr: [] })
    .describe('How the provider says that it asked for two; else the account’s own code is asked.'),
});

const settings = z.strictObject({
  origin: origin
    .optional()
    .describe('Scheme, host and port that browsers ask the console by, if not as it listens.'),
  provider: provider.optional().describe('Who signs people in (OpenID Connect).'),
});

/** What `access.yaml` says. */
export type AccessSettings = z.infer<typeof settings>;
export type ProviderSettings = z.infer<typeof provider>;

/** The JSON Schema (2020-12) that editors complete and check `access.yaml` by. */
export function accessJsonSchema(): object {
  return { ...z.toJSONSchema(settings, { io: 'input' }), title: accessFile };
}

/** The file beside the plan. It is no part of the plan: who signs in changes nothing of what is moved. */
export const accessFile = 'access.yaml';

/**
 * Read `access.yaml` of a project. Without the file nobody signs in but local accounts.
 * @throws HandoverError `access-invalid` (exit 3)
 */
export async function readAccessSettings(
  folder: string,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<AccessSettings> {
  const text = await textOf(join(folder, accessFile));
  const { value, problems } = judgeYaml(accessFile, text, settings);
  const [first] = problems;
  if (value === undefined) throw invalid(first?.line ?? 1, first?.message ?? 'It cannot be read.');
  const secret = value.provider?.clientSecret;
  if (value.provider === undefined || secret === undefined) return value;
  return { ...value, provider: { ...value.provider, clientSecret: filled(secret, environment) } };
}

async function textOf(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return '';
    throw error;
  }
}

/** A secret stands in the environment and nowhere else. */
function filled(
  setting: string,
  environment: Readonly<Record<string, string | undefined>>,
): string {
  const [, name] = /^\$\{([A-Z][A-Z0-9_]*)\}$/.exec(setting) ?? [];
  if (name === undefined) throw invalid(1, '`clientSecret` is a secret: write it as ${NAME}.');
  const value = environment[name] ?? '';
  if (value !== '') return value;
  throw invalid(1, `The environment has no ${name}.`);
}

/** Every host that a sign-in may ask, with what for: the provider's, and where clients publish keys. */
export function signInHosts(
  { provider: named }: Pick<AccessSettings, 'provider'>,
  clients: readonly { name: string; keysUrl: string | undefined }[],
): { host: string; purpose: string }[] {
  const urls = named === undefined ? [] : [named.issuer, ...named.origins];
  return [
    ...urls.map((url) => ({ host: new URL(url).host, purpose: 'identity provider' })),
    ...clients.flatMap(({ name, keysUrl }) =>
      keysUrl === undefined
        ? []
        : [{ host: new URL(keysUrl).host, purpose: `keys of client ${name}` }],
    ),
  ];
}

function invalid(line: number, message: string): HandoverError {
  return new HandoverError('access-invalid', `access.yaml, line ${line}: ${message}`, {
    exitCode: exitCodes.planInvalid,
    next: 'Correct it; docs/guides/sign-in.md has every setting. Nothing listens meanwhile.',
  });
}
