import { judgeCodes, type Judgement } from '../../terminology/judgement.ts';
import type { Answer, FhirRequest, ServerParts } from '../answer.ts';
import { loaded, notLoaded, parameters, withCodeSystem, withValueSet } from './answers.ts';
import { canonical, codesOf, inputsOf, needed } from './inputs.ts';

/**
 * `CodeSystem/$validate-code` (R4): `code`, `coding` or `codeableConcept` in `url`, or in a `codeSystem` that
 * comes along. A system that is not loaded is 404, never "no".
 */
export async function validateCode(parts: ServerParts, request: FhirRequest): Promise<Answer> {
  const inputs = inputsOf(request);
  const codes = codesOf(inputs, ['version']);
  const given = inputs.object('codeSystem');
  const { terminology, url } =
    given === undefined
      ? { terminology: loaded(parts), url: canonical(inputs, 'url', 'version') }
      : withCodeSystem(loaded(parts), given);
  const mine = codes.filter(({ system }) => isOf(url, system));
  if (mine.length === 0) return refused('the code is of another system');
  const asked = mine.map((each) => ({ ...each, system: url ?? each.system }));
  const judgement = judgeCodes(terminology, {}, asked);
  return judged(judgement, [url, ...codes.map(({ system }) => system)]);
}

/** Of a concept only the codings of the system count that is asked for. */
function isOf(url: string | undefined, system: string | undefined): boolean {
  return url === undefined || system === undefined || system === url.replace(/\|.*$/, '');
}

/** `ValueSet/$validate-code` (R4): in the value set of `url`, or in a `valueSet` that comes along. */
export async function validateMember(parts: ServerParts, request: FhirRequest): Promise<Answer> {
  const inputs = inputsOf(request);
  const codes = codesOf(inputs, ['systemVersion']);
  const given = inputs.object('valueSet');
  const { terminology, url } =
    given === undefined
      ? {
          terminology: loaded(parts),
          url: needed(canonical(inputs, 'url', 'valueSetVersion'), 'url'),
        }
      : withValueSet(loaded(parts), given);
  const judgement = judgeCodes(terminology, { valueSet: url }, codes);
  return judged(judgement, [url, ...codes.map(({ system }) => system)]);
}

function judged(judgement: Judgement, asked: readonly (string | undefined)[]): Answer {
  switch (judgement.kind) {
    case 'not-loaded':
      throw notLoaded(judgement.missing, asked);
    case 'wrong':
      return refused(judgement.message, judgement.display);
    case 'right': {
      const { code, system, version, display, inactive, message } = judgement;
      return parameters([
        { name: 'result', valueBoolean: true },
        { name: 'code', valueCode: code.code },
        { name: 'system', valueUri: system },
        ...(version === undefined ? [] : [{ name: 'version', valueString: version }]),
        ...(display === '' ? [] : [{ name: 'display', valueString: display }]),
        ...(inactive ? [{ name: 'inactive', valueBoolean: true }] : []),
        ...(message === undefined ? [] : [{ name: 'message', valueString: message }]),
      ]);
    }
  }
}

function refused(message: string, display?: string): Answer {
  return parameters([
    { name: 'result', valueBoolean: false },
    ...(display === undefined ? [] : [{ name: 'display', valueString: display }]),
    { name: 'message', valueString: message },
  ]);
}
