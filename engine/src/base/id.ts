import type { Clock } from './clock.ts';
import type { Random } from './random.ts';

/** Identifiers for runs, attempts and workers: UUID version 7 (RFC 9562), so they sort by time. */
export function uuid7(clock: Clock, random: Random): string {
  const bytes = random.bytes(16);
  const milliseconds = clock.now().getTime();
  bytes.writeUIntBE(milliseconds, 0, 6);
  bytes[6] = 0x70 | ((bytes[6] ?? 0) & 0x0f);
  bytes[8] = 0x80 | ((bytes[8] ?? 0) & 0x3f);
  const hex = bytes.toString('hex');
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    hex.slice(12, 16),
    hex.slice(16, 20),
    hex.slice(20),
  ].join('-');
}
