import { encodeBase32 } from '../../base/base32.ts';
import { hmacSha256 } from '../../base/digest.ts';
import type { Detector } from '../detector.ts';

/**
 * The two kinds of data for rehearsals and training. `safe-harbor` takes away the 18 classes of
 * 45 CFR 164.514(b)(2)(i): years only, three digits of a ZIP code, nobody older than 90, no free
 * text. `pseudonymised` shifts dates and gives consistent pseudonyms; it remains PHI unless an
 * expert determines otherwise (164.514(b)(1)).
 */
export const deidentifiedKinds = ['safe-harbor', 'pseudonymised'] as const;

export type DeidentifiedKind = (typeof deidentifiedKinds)[number];

export interface Rules {
  kind: DeidentifiedKind;
  /** Day of the export, `YYYY-MM-DD`: who is over 89 is told by it. */
  today: string;
  /** Free text is withheld; only `pseudonymised` may mask what is found in it instead. */
  masking: Detector | undefined;
  /** Ids, references and numbers under one key: the same value gives the same pseudonym. */
  pseudonym(domain: string, value: string): string;
  /** Days by which the dates of a patient move, never 0. */
  shift(patient: string): number;
}

/**
 * Rules under `key`. For Safe Harbor the key must be random and thrown away after the export: then
 * its codes are derived from nothing (164.514(c)).
 */
export function rulesOf(
  kind: DeidentifiedKind,
  key: Uint8Array,
  today: string,
  masking?: Detector,
): Rules {
  if (kind === 'safe-harbor' && masking) throw new Error('Safe Harbor withholds free text');
  const tag = (domain: string, value: string): Buffer => hmacSha256(key, `${domain}\0${value}`);
  return {
    kind,
    today,
    masking,
    pseudonym: (domain, value) => encodeBase32(tag(domain, value).subarray(0, 16)),
    shift(patient) {
      const drawn = tag('shift', patient).readUInt32BE(0) % (2 * farthestShift);
      return drawn < farthestShift ? drawn - farthestShift : drawn - farthestShift + 1;
    },
  };
}

/** Days, either way. */
const farthestShift = 180;
