import { exitCodes, HandoverError } from '../../base/errors.ts';
import type { Clock } from '../../base/clock.ts';

/** One request to a key service. */
export interface KeyRequest {
  url: URL;
  method: 'POST';
  headers: Readonly<Record<string, string>>;
  body: string;
}

/** What providers reach the world by; given by whoever puts the program together. */
export interface ProviderServices {
  environment: Readonly<Record<string, string | undefined>>;
  clock: Clock;
  /**
   * Ask one address; a redirect is an answer and is not followed.
   * @throws HandoverError where no answer came.
   */
  ask(request: KeyRequest): Promise<{ status: number; body: Buffer }>;
  /** Run a program with these bytes on its standard input; what it wrote to standard output. */
  run(program: string, words: readonly string[], input: Uint8Array): Promise<Buffer>;
}

/** A setting of a key service as it is written; `${NAME}` is the variable of that name. */
export function filled(setting: string, { environment }: ProviderServices): string {
  return setting.replaceAll(/\$\{([A-Z][A-Z0-9_]*)\}/g, (_, name: string) => {
    const value = environment[name] ?? '';
    if (value !== '') return value;
    throw new HandoverError('key-provider-settings', `The environment has no ${name}.`, {
      next: `Set ${name}, which keys.yaml names. Nothing was opened or changed.`,
      exitCode: exitCodes.usage,
    });
  });
}

/**
 * The JSON of an answer of status 200.
 * @throws HandoverError `key-provider-unavailable` (exit 7), `key-provider-refused` (exit 2)
 */
export async function askKeyService(
  services: ProviderServices,
  request: KeyRequest,
): Promise<Readonly<Record<string, unknown>>> {
  const { host } = request.url;
  let answer: { status: number; body: Buffer };
  try {
    answer = await services.ask(request);
  } catch (error) {
    throw unavailable(host, 'gave no answer', error);
  }
  const { status, body } = answer;
  if (status === 429 || status >= 500) throw unavailable(host, `answered ${status}`);
  if (status !== 200) throw refused(host, `answered ${status}`);
  try {
    return JSON.parse(body.toString('utf8')) as Readonly<Record<string, unknown>>;
  } catch {
    throw refused(host, 'answered with something that is no JSON');
  }
}

/** The text under a name of an answer, of an object in it too (`data.ciphertext`). */
export function textOf(answer: unknown, path: string, host: string): string {
  let at = answer;
  for (const name of path.split('.')) at = (at as Record<string, unknown> | undefined)?.[name];
  if (typeof at === 'string' && at !== '') return at;
  throw refused(host, `answered without ${path}`);
}

export function unavailable(host: string, what: string, cause?: unknown): HandoverError {
  return new HandoverError('key-provider-unavailable', `The key service ${host} ${what}.`, {
    next: 'Nothing was opened or changed. Check that it runs, that this machine reaches it and trusts its certificate, and that it is unsealed; then do this again.',
    failure: 'transient',
    exitCode: exitCodes.unavailable,
    ...(cause !== undefined && { cause }),
  });
}

export function refused(host: string, what: string): HandoverError {
  return new HandoverError('key-provider-refused', `The key service ${host} ${what}.`, {
    next: 'Nothing was opened or changed. Check the credentials, the name of the key and what they may do with it: encrypt and decrypt.',
    exitCode: exitCodes.usage,
  });
}
