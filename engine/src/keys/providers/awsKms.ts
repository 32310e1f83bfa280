import type { KeyProvider } from '../keyProvider.ts';
import { signedHeaders, type AwsCredentials } from './awsSignature.ts';
import { askKeyService, filled, textOf, type ProviderServices } from './providerServices.ts';

/** A symmetric key of AWS KMS. */
export interface AwsKmsSettings {
  kind: 'aws-kms';
  region: string;
  /** ARN, id or alias of the key. */
  key: string;
  /** Of the service; that of the region if left out. */
  endpoint?: string | undefined;
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string | undefined;
}

/** Bound to what is encrypted: it opens for nothing else, and stands in the log of the service. */
const context = { purpose: 'handover project key' };

/** Encrypts and decrypts by the actions `Encrypt` and `Decrypt` of the service's JSON protocol. */
export function awsKmsProvider(settings: AwsKmsSettings, services: ProviderServices): KeyProvider {
  const { region, key: KeyId, endpoint } = settings;
  const ask = async (action: string, input: object, wanted: string): Promise<string> => {
    const url = new URL('/', filled(endpoint ?? `https://kms.${region}.amazonaws.com`, services));
    const body = JSON.stringify({ ...input, KeyId, EncryptionContext: context });
    const headers = signedHeaders(
      { url, body, target: `TrentService.${action}`, region, service: 'kms' },
      credentialsOf(settings, services),
      services.clock.now(),
    );
    const answer = await askKeyService(services, { url, method: 'POST', headers, body });
    return textOf(answer, wanted, url.host);
  };
  return {
    kind: 'aws-kms',
    async wrap(bytes) {
      const Plaintext = Buffer.from(bytes).toString('base64');
      const wrapped = await ask('Encrypt', { Plaintext }, 'CiphertextBlob');
      return { provider: 'aws-kms', settings: { ...settings }, wrapped };
    },
    async unwrap({ wrapped }) {
      const plaintext = await ask('Decrypt', { CiphertextBlob: wrapped }, 'Plaintext');
      return Buffer.from(plaintext, 'base64');
    },
  };
}

function credentialsOf(settings: AwsKmsSettings, services: ProviderServices): AwsCredentials {
  const { accessKeyId, secretAccessKey, sessionToken } = settings;
  return {
    accessKeyId: filled(accessKeyId, services),
    secretAccessKey: filled(secretAccessKey, services),
    ...(sessionToken !== undefined && { sessionToken: filled(sessionToken, services) }),
  };
}
