import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose';
import type { Clock } from '../../base/clock.ts';

/** An unknown key is looked for again, but not more often than this, whoever asks. */
const cooldownMs = 30_000;
/** A key that was withdrawn counts no longer than this. */
const longestMs = 10 * 60_000;

/**
 * Public keys of somebody else (JWKS, RFC 7517) that change without notice: kept for ten minutes, and
 * asked for again where a token names a key that is not among them.
 */
export function keySet(load: () => Promise<JSONWebKeySet>, clock: Clock): JWTVerifyGetKey {
  let kept: { find: JWTVerifyGetKey; atMs: number } | undefined;
  let loading: Promise<{ find: JWTVerifyGetKey; atMs: number }> | undefined;
  const fresh = () => {
    loading ??= load()
      .then((keys) => (kept = { find: createLocalJWKSet(keys), atMs: clock.monotonicMs() }))
      .finally(() => (loading = undefined));
    return loading;
  };
  const ageMs = (): number => clock.monotonicMs() - (kept?.atMs ?? -Infinity);
  return async (header, token) => {
    const held = kept === undefined || ageMs() > longestMs ? await fresh() : kept;
    try {
      return await held.find(header, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey) || ageMs() < cooldownMs) throw error;
      return (await fresh()).find(header, token);
    }
  };
}
