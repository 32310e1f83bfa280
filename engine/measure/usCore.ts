import { readdirSync, readFileSync } from 'node:fs';
import * as path from 'node:path';
import { parseJson } from '../src/base/json.ts';
import { validatorWith } from './validator.ts';

interface Miss {
  cause: string;
  example: string;
  place: string;
}

export interface UsCoreMeasure {
  examples: number;
  /** Examples that are told an error; all of them are said to be valid. */
  falseErrors: number;
  /** Examples of which every profile that they claim is loaded. */
  againstOwnProfile: number;
  /** Examples that are told that a profile they claim is not loaded. */
  profileNotLoaded: number;
  misses: Miss[];
}

/**
 * Examples of US Core, judged by the profiles they claim as far as the packages have them.
 * @param dataDirectory with the examples, JSON
 * @param packages folder of `.tgz` packages
 */
export function measureUsCore(dataDirectory: string, packages: string): UsCoreMeasure {
  const validator = validatorWith(packages, () => true);
  const files = readdirSync(dataDirectory).filter((name) => name.endsWith('.json'));
  const misses: Miss[] = [];
  let [falseErrors, againstOwnProfile, profileNotLoaded] = [0, 0, 0];
  for (const example of files.toSorted()) {
    const resource = parseJson(readFileSync(path.join(dataDirectory, example), 'utf8'));
    const issues = validator.judge(resource);
    const errors = issues.filter(({ severity }) => severity === 'error');
    if (errors.length > 0) falseErrors++;
    const claims = JSON.stringify(
      (resource as { meta?: { profile?: unknown } }).meta?.profile ?? [],
    );
    const isMissing = issues.some(
      ({ code, about = '' }) => code === 'profile-not-loaded' && claims.includes(`"${about}"`),
    );
    if (isMissing) profileNotLoaded++;
    else if (claims !== '[]') againstOwnProfile++;
    for (const { code, path: place, about } of errors) {
      misses.push({ cause: `${code} ${about ?? ''}`.trim(), example, place });
    }
  }
  return { examples: files.length, falseErrors, againstOwnProfile, profileNotLoaded, misses };
}
