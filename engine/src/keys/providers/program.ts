import { exitCodes, HandoverError } from '../../base/errors.ts';
import type { KeyProvider } from '../keyProvider.ts';
import { projectKeyBytes } from '../projectKey.ts';
import type { ProviderServices } from './providerServices.ts';

/** A program of the site's that speaks to a hardware security module (PKCS#11) or whatever guards keys. */
export interface ProgramSettings {
  kind: 'program';
  /** Program and arguments that encrypt standard input to standard output. */
  wrap: readonly string[];
  /** The same, the other way. */
  unwrap: readonly string[];
}

/** The key passes by pipes: never in arguments, and in no file. */
export function programProvider(
  settings: ProgramSettings,
  services: ProviderServices,
): KeyProvider {
  const run = async (words: readonly string[], input: Uint8Array): Promise<Buffer> => {
    // A variable of the environment is the program's to read: here it would stand in its arguments.
    const [program = '', ...rest] = words;
    try {
      return await services.run(program, rest, input);
    } catch (error) {
      throw failed(program, 'failed, or could not be started', error);
    }
  };
  return {
    kind: 'program',
    async wrap(bytes) {
      const wrapped = await run(settings.wrap, bytes);
      const isOpen = wrapped.includes(Buffer.from(bytes));
      if (wrapped.length < projectKeyBytes || isOpen) {
        throw failed(settings.wrap[0] ?? '', 'did not encrypt what it was given');
      }
      return {
        provider: 'program',
        settings: { ...settings },
        wrapped: wrapped.toString('base64'),
      };
    },
    async unwrap({ wrapped }) {
      const key = await run(settings.unwrap, Buffer.from(wrapped, 'base64'));
      if (key.length === projectKeyBytes) return key;
      throw failed(settings.unwrap[0] ?? '', `gave ${key.length} bytes, and a key has 32`);
    },
  };
}

function failed(program: string, what: string, cause?: unknown): HandoverError {
  return new HandoverError('key-provider-unavailable', `The key program ${program} ${what}.`, {
    next: 'Nothing was opened or changed. Run it by hand with the words of keys.yaml, and see what it says.',
    exitCode: exitCodes.unavailable,
    ...(cause !== undefined && { cause }),
  });
}
