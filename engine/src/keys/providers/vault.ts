import type { KeyProvider } from '../keyProvider.ts';
import {
  askKeyService,
  filled,
  refused,
  textOf,
  type ProviderServices,
} from './providerServices.ts';

/** The transit engine of HashiCorp Vault or OpenBao. */
export interface VaultSettings {
  kind: 'vault';
  /** Scheme, host and port. */
  address: string;
  mount: string;
  key: string;
  token: string;
  namespace?: string | undefined;
}

/** Encrypts and decrypts by `transit/encrypt/:name` and `transit/decrypt/:name` (Vault HTTP API, v1). */
export function vaultProvider(settings: VaultSettings, services: ProviderServices): KeyProvider {
  const { address, mount, key, token, namespace } = settings;
  const ask = async (verb: string, body: object, wanted: string): Promise<string> => {
    const url = new URL(`/v1/${mount}/${verb}/${key}`, filled(address, services));
    const headers = {
      'X-Vault-Token': filled(token, services),
      'X-Vault-Request': 'true',
      'Content-Type': 'application/json',
      ...(namespace !== undefined && { 'X-Vault-Namespace': namespace }),
    };
    const request = { url, method: 'POST' as const, headers, body: JSON.stringify(body) };
    return textOf(await askKeyService(services, request), `data.${wanted}`, url.host);
  };
  return {
    kind: 'vault',
    async wrap(bytes) {
      const plaintext = Buffer.from(bytes).toString('base64');
      const ciphertext = await ask('encrypt', { plaintext }, 'ciphertext');
      const wrapped = Buffer.from(ciphertext).toString('base64');
      return { provider: 'vault', settings: { ...settings }, wrapped };
    },
    async unwrap({ wrapped }) {
      const ciphertext = Buffer.from(wrapped, 'base64').toString();
      if (!ciphertext.startsWith('vault:')) throw refused(settings.address, 'never made this key');
      const plaintext = await ask('decrypt', { ciphertext }, 'plaintext');
      return Buffer.from(plaintext, 'base64');
    },
  };
}
