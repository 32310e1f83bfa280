/** A project's sealing key as its provider wrapped it, with what is needed to ask for it back. */
export interface WrappedKey {
  /** The kind of provider: `passphrase`, `vault`, `aws-kms`, `azure-key-vault`, `pkcs11`. */
  provider: string;
  /** What tells the provider which of its keys it was, and where it is; no secret. */
  settings: Readonly<Record<string, unknown>>;
  /** Base64 of what the provider made. */
  wrapped: string;
}

/**
 * Wraps the sealing key of a project, and unwraps it when the project is opened: the seam between
 * Handover and whoever guards its key.
 */
export interface KeyProvider {
  readonly kind: string;
  /** @throws HandoverError `key-provider-unavailable` (exit 7), `key-provider-refused` (exit 2) */
  wrap(key: Uint8Array): Promise<WrappedKey>;
  /**
   * @throws HandoverError `key-provider-unavailable` (exit 7), `key-provider-refused` (exit 2); of a
   *   passphrase file those of `passphrase.ts`.
   */
  unwrap(wrapped: WrappedKey): Promise<Buffer>;
}
