/** Ordinals as the ledger packs them: u32 LE each. */
export function packOrdinals(ordinals: readonly number[]): Buffer {
  const bytes = Buffer.alloc(ordinals.length * 4);
  for (const [at, ordinal] of ordinals.entries()) bytes.writeUInt32LE(ordinal, at * 4);
  return bytes;
}

export function unpackOrdinals(bytes: Buffer): number[] {
  return Array.from({ length: bytes.length / 4 }, (_, at) => bytes.readUInt32LE(at * 4));
}
