import { readdirSync, readFileSync } from 'node:fs';
import * as path from 'node:path';
import { readFhirText } from '../src/formats/fhirText.ts';
import { baseDefinitions } from '../src/quality/validator/definitions/base.ts';
import { loadPackage } from '../src/quality/validator/definitions/package.ts';
import { Definitions } from '../src/quality/validator/definitions/store.ts';
import { Validator } from '../src/quality/validator/validator.ts';
import type { ConformanceIssue } from '../src/quality/validator/walk.ts';

interface Case {
  name: string;
  file: string;
  /** Errors that the reference validator tells. */
  errors: number;
}

interface Miss {
  cause: string;
  name: string;
  /** Rules and places. */
  said: string;
}

export interface ValidatorMeasure {
  cases: number;
  /** Cases without an error in which something that is asked for is not loaded. */
  undecided: number;
  agreed: number;
  agreement: number;
  /** Valid by the reference, with errors here. */
  falseErrors: number;
  /** Not valid by the reference, without errors here. */
  missedErrors: number;
  misses: Miss[];
}

/**
 * Verdicts beside those of the reference validator.
 * @param dataDirectory with `manifest.json`, a list of `{name, file, errors}`, and the files.
 */
export function measureValidator(dataDirectory: string): ValidatorMeasure {
  const cases = JSON.parse(
    readFileSync(path.join(dataDirectory, 'manifest.json'), 'utf8'),
  ) as Case[];
  const validator = new Validator(baseDefinitions());
  const misses: Miss[] = [];
  let undecided = 0;
  let agreed = 0;
  const wrong = { falseErrors: 0, missedErrors: 0 };
  for (const { name, file, errors } of cases) {
    const issues = judgeFile(validator, path.join(dataDirectory, file));
    const own = issues.filter(({ severity }) => severity === 'error');
    const lacking = issues.filter(({ code }) => code.endsWith('-not-loaded'));
    if (own.length === 0 && lacking.length > 0) {
      undecided++;
      misses.push({ cause: 'undecided', name, said: shown(lacking) });
    } else if (own.length > 0 === errors > 0) {
      agreed++;
    } else {
      const cause = errors > 0 ? 'missedErrors' : 'falseErrors';
      wrong[cause]++;
      misses.push({ cause, name, said: shown(own) });
    }
  }
  const decided = cases.length - undecided;
  const agreement = decided === 0 ? 0 : agreed / decided;
  return { cases: cases.length, undecided, agreed, agreement, ...wrong, misses };
}

function shown(issues: readonly ConformanceIssue[]): string {
  return issues
    .slice(0, 3)
    .map(({ code, path: place, about = '' }) => `${code} ${place} ${about}`.trim())
    .join('; ');
}

/** Issues of one file; of NDJSON, those of all its lines. What cannot be read is one error. */
export function judgeFile(validator: Validator, file: string): ConformanceIssue[] {
  const text = readFileSync(file, 'utf8').replace(/^\uFEFF/, '');
  if (file.endsWith('.ndjson')) {
    const lines = text.split('\n').filter((line) => line.trim() !== '');
    return lines.flatMap((line) => judgeText(validator, line));
  }
  return judgeText(validator, text);
}

function judgeText(validator: Validator, text: string): ConformanceIssue[] {
  const read = readFhirText(text);
  if ('code' in read) return [{ severity: 'error', code: read.code, path: '' }];
  return [...read.issues, ...validator.judge(read.resource)];
}

/** A validator with the packages of a folder, or of some of them. */
export function validatorWith(folder: string, wanted: (name: string) => boolean): Validator {
  const definitions = new Definitions(baseDefinitions());
  for (const name of readdirSync(folder)
    .filter((each) => each.endsWith('.tgz'))
    .toSorted()) {
    if (wanted(name)) loadPackage(readFileSync(path.join(folder, name)), definitions);
  }
  return new Validator(definitions);
}
