import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { systemClock } from '../base/clock.ts';
import { exitCodes, HandoverError, systemCode } from '../base/errors.ts';
import { isSealed } from '../base/loopback.ts';
import { exchange } from '../connectors/fhir/exchange.ts';
import type { KeyProvider, WrappedKey } from '../keys/keyProvider.ts';
import { awsKmsProvider } from '../keys/providers/awsKms.ts';
import { programProvider } from '../keys/providers/program.ts';
import { filled, type ProviderServices } from '../keys/providers/providerServices.ts';
import { vaultProvider } from '../keys/providers/vault.ts';
import { judgeYaml } from '../run/plan/shape.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** The file beside the plan. Who guards the key changes nothing of what is moved. */
export const keysFile = 'keys.yaml';

const secret = z.string().regex(/^\$\{[A-Z][A-Z0-9_]*\}$/, 'is a secret: write it as ${NAME}');
const address = z.url({ protocol: /^https?$/ }).refine(isSealedAddress, 'is not https://');
const words = z.array(z.string().min(1)).min(1);

const vault = z.strictObject({
  kind: z.literal('vault').describe('HashiCorp Vault or OpenBao, by its transit engine.'),
  address: address.describe('Scheme, host and port; https, or this machine.'),
  mount: z
    .string()
    .regex(/^[\w./-]+$/)
    .default('transit')
    .describe('Where the engine is mounted.'),
  key: z
    .string()
    .regex(/^[\w.-]+$/)
    .describe('Name of the key in the engine.'),
  namespace: z.string().min(1).optional().describe('Namespace, where there are some.'),
  token: secret.describe('A token that may encrypt and decrypt with the key, as ${NAME}.'),
});

const awsKms = z.strictObject({
  kind: z.literal('aws-kms').describe('A symmetric key of AWS KMS.'),
  region: z
    .string()
    .regex(/^[a-z0-9-]+$/)
    .describe('Region, such as eu-central-1.'),
  key: z.string().min(1).describe('ARN, id or alias of the key.'),
  endpoint: address.optional().describe('Address of the service, if not that of the region.'),
  accessKeyId: secret.describe('As ${NAME}.'),
  secretAccessKey: secret.describe('As ${NAME}.'),
  sessionToken: secret.optional().describe('Of temporary credentials, as ${NAME}.'),
});

const program = z.strictObject({
  kind: z.literal('program').describe('A program of the site: PKCS#11 tools, for one.'),
  wrap: words.describe('Program and arguments that encrypt standard input to standard output.'),
  unwrap: words.describe('Program and arguments that decrypt it.'),
});

const settings = z.strictObject({
  provider: z
    .discriminatedUnion('kind', [vault, awsKms, program])
    .describe('Who wraps the sealing key of the project.'),
});

type ProviderSettings = z.infer<typeof settings>['provider'];

/** The JSON Schema (2020-12) that editors complete and check `keys.yaml` by. */
export function keysJsonSchema(): object {
  return { ...z.toJSONSchema(settings, { io: 'input' }), title: keysFile };
}

/** The provider that `keys.yaml` names, and how those that a key file names are reached. */
export interface KeyProviders {
  wrapWith?: KeyProvider;
  providerOf(wrapped: WrappedKey): KeyProvider | undefined;
}

/**
 * What a key file keeps of its provider is enough to reach it; where `keys.yaml` has one of that kind,
 * its settings count: an address may have changed.
 * @throws HandoverError `keys-invalid` (exit 3)
 */
export async function keyProviders(
  folder: string,
  environment: Environment,
): Promise<KeyProviders> {
  const written = await readKeySettings(folder);
  const services = providerServices(environment);
  return {
    ...(written && { wrapWith: providerFrom(written, services) }),
    providerOf({ provider, settings: kept }) {
      if (written?.kind === provider) return providerFrom(written, services);
      const judged = settings.safeParse({ provider: kept });
      return judged.success ? providerFrom(judged.data.provider, services) : undefined;
    },
  };
}

/** The host that a provider of the network is asked at. */
export function keyServiceHost(
  { settings: kept }: WrappedKey,
  environment: Environment,
): string | undefined {
  const judged = settings.safeParse({ provider: kept });
  if (!judged.success) return undefined;
  const { provider } = judged.data;
  if (provider.kind === 'vault') return new URL(provider.address).host;
  if (provider.kind === 'program') return undefined;
  const { endpoint, region } = provider;
  const services = { environment } as ProviderServices;
  return new URL(filled(endpoint ?? `https://kms.${region}.amazonaws.com`, services)).host;
}

function providerFrom(named: ProviderSettings, services: ProviderServices): KeyProvider {
  if (named.kind === 'vault') return vaultProvider(named, services);
  if (named.kind === 'aws-kms') return awsKmsProvider(named, services);
  return programProvider(named, services);
}

async function readKeySettings(folder: string): Promise<ProviderSettings | undefined> {
  const text = await readFile(join(folder, keysFile), 'utf8').catch((error: unknown) => {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  });
  if (text === undefined) return undefined;
  const { value, problems } = judgeYaml(keysFile, text, settings);
  if (value !== undefined) return value.provider;
  const [first] = problems;
  throw new HandoverError(
    'keys-invalid',
    `keys.yaml, line ${first?.line ?? 1}: ${first?.message ?? 'It cannot be read.'}`,
    {
      next: 'Correct it; docs/guides/keys.md has every setting. Nothing was opened or changed.',
      exitCode: exitCodes.planInvalid,
    },
  );
}

const limits = { timeoutMs: 10_000, answerBytes: 64 * 1024 };

function providerServices(environment: Environment): ProviderServices {
  return {
    environment,
    clock: systemClock,
    ask: (request) => exchange(request, { ...limits, signal: new AbortController().signal }),
    run: (file, given, input) =>
      new Promise((resolve, reject) => {
        const options = {
          encoding: 'buffer',
          timeout: limits.timeoutMs,
          maxBuffer: limits.answerBytes,
          env: { ...environment },
        } as const;
        const child = execFile(file, given, options, (error, output) =>
          error ? reject(new Error(systemCode(error) ?? 'it failed')) : resolve(output),
        );
        child.stdin?.on('error', () => undefined).end(input);
      }),
  };
}

function isSealedAddress(text: string): boolean {
  return isSealed(new URL(text));
}
