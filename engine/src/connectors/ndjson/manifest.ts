import { canonicalJson, toJson } from '../../base/json.ts';
import type { Part } from './partIndex.ts';

/**
 * The manifest of a bulk export (HL7 Bulk Data Access 2.0, "Response - Complete Status"), with size
 * and SHA-256 of each file, so that whoever receives the folder can check it. Addresses are names
 * of files beside the manifest.
 */
export function manifestText(parts: readonly Part[], now: Date): string {
  return canonicalJson(
    toJson({
      transactionTime: now.toISOString(),
      request: 'urn:handover:ndjson',
      requiresAccessToken: false,
      output: parts.map(({ type, name, lines, bytes, sha256 }) => ({
        type,
        url: name,
        count: lines,
        extension: { 'urn:handover:bytes': bytes, 'urn:handover:sha256': sha256 },
      })),
      deleted: [],
      error: [],
    }),
  );
}
