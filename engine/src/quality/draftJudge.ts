import type { JsonObject } from '../base/json.ts';
import type { Issue } from '../model/issue.ts';
import type { TerminologyLookup } from '../terminology/lookup.ts';
import { textOf } from './validator/fhirJson.ts';
import { Validator } from './validator/validator.ts';
import type { ConformanceIssue } from './validator/walk.ts';
import type { Definitions } from './validator/definitions/store.ts';
import { baseDefinitions } from './validator/definitions/base.ts';

/** What the judge of drafts says of one. */
export interface JudgedDraft {
  /** Each cause once; paths without the places in lists, so that one cause is told alike. */
  errors: readonly Issue[];
  /** What was asked for and is not loaded: `profile-not-loaded http://…`. */
  notLoaded: readonly string[];
}

/** Judges drafts, parsed. */
export type DraftJudge = (resource: JsonObject) => JudgedDraft;

/**
 * Judge drafts by FHIR R4, by the profiles that they claim, and by those of `profiles` that are of
 * their type; codes also by `terminology`, where the definitions have not all codes of a system.
 */
export function draftJudge(
  definitions: Definitions,
  profiles: readonly string[],
  terminology?: TerminologyLookup,
): DraftJudge {
  const validator = new Validator(definitions, terminology);
  const byType = Map.groupBy(profiles, (each) => definitions.structure(each)?.type ?? '');
  return (resource) => {
    const own = byType.get(textOf(resource['resourceType'])) ?? [];
    const issues = validator.judge(resource, { draft: true, profiles: own });
    return issues.length === 0 ? faultless : judged(issues);
  };
}

const faultless: JudgedDraft = { errors: [], notLoaded: [] };

function judged(issues: readonly ConformanceIssue[]): JudgedDraft {
  const errors = new Map<string, Issue>();
  const notLoaded = new Set<string>();
  for (const { severity, code, path: place, about = '' } of issues) {
    if (code.endsWith('-not-loaded'))
      notLoaded.add(`${code} ${isCanonical(about) ? about : withheld}`);
    if (severity !== 'error') continue;
    const path = place.replaceAll(/\[\d+\]/g, '');
    errors.set(`${code} ${path}`, { severity, code, path });
  }
  return { errors: [...errors.values()], notLoaded: [...notLoaded] };
}

/** It may come from a draft: only what can be nothing else than a name is told. */
function isCanonical(text: string): boolean {
  return (
    text.length <= 250 && /^(?:https?:\/\/|urn:)[\w:/.|#-]+(?:\?fhir_vs(?:=\w+\/\d+)?)?$/.test(text)
  );
}

/** Stands for a name that may be anything: that something was not judged is told all the same. */
const withheld = '(withheld)';

let base: DraftJudge | undefined;

/** Errors of a draft by FHIR R4 alone and by R4's own profiles. */
export function checkDraft(resource: JsonObject): readonly Issue[] {
  base ??= draftJudge(baseDefinitions(), []);
  return base(resource).errors;
}
