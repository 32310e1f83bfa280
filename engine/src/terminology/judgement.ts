import type { ConceptTable } from './concepts.ts';
import type { MemberAnswer } from './lookup.ts';
import type { Terminology } from './terminology.ts';

/** A code as somebody asks after it (R4 Coding). */
export interface AskedCode {
  system: string | undefined;
  version: string | undefined;
  code: string;
  display: string | undefined;
}

/** What is to be said of a code, or of the first of a concept's codes that is right. */
export type Judgement =
  | { kind: 'not-loaded'; missing: string }
  | { kind: 'wrong'; message: string; code: AskedCode; display?: string }
  | {
      kind: 'right';
      code: AskedCode;
      system: string;
      version: string | undefined;
      display: string;
      inactive: boolean;
      message: string | undefined;
    };

/**
 * Whether a code, or any of the codes of a concept, is of a code system or in a value set. What is not
 * loaded is no answer about a code: where none is right and one could not be told, nothing is.
 */
export function judgeCodes(
  terminology: Terminology,
  where: { valueSet?: string },
  codes: readonly AskedCode[],
): Judgement {
  const judged = codes.map((code) => judgeCode(terminology, where, code));
  const first =
    judged.find(({ kind }) => kind === 'right') ??
    judged.find(({ kind }) => kind === 'not-loaded') ??
    judged[0];
  if (first?.kind !== 'wrong' || judged.length === 1)
    return first ?? { kind: 'not-loaded', missing: 'code' };
  const messages = judged.flatMap((each, at) =>
    each.kind === 'wrong' ? [`coding ${at + 1}: ${each.message}`] : [],
  );
  return { ...first, message: messages.join('; ') };
}

function judgeCode(
  terminology: Terminology,
  where: { valueSet?: string },
  asked: AskedCode,
): Judgement {
  const own = asked.system;
  const system = versioned(own, asked.version);
  if (where.valueSet === undefined) {
    return told(terminology, asked, terminology.validate(system, asked.code));
  }
  if (system !== own && system !== undefined) {
    const answer = terminology.validate(system, asked.code);
    if (answer.kind !== 'active' && answer.kind !== 'inactive')
      return told(terminology, asked, answer);
  }
  return told(terminology, asked, terminology.validateIn(where.valueSet, own, asked.code));
}

function versioned(system: string | undefined, version: string | undefined): string | undefined {
  if (system === undefined || version === undefined || system.includes('|')) return system;
  return `${system}|${version}`;
}

function told(terminology: Terminology, asked: AskedCode, answer: MemberAnswer): Judgement {
  switch (answer.kind) {
    case 'not-loaded':
      return { kind: 'not-loaded', missing: answer.system };
    case 'set-not-loaded':
      return { kind: 'not-loaded', missing: answer.missing };
    case 'unknown':
      return { kind: 'wrong', code: asked, message: 'unknown: there is no such code' };
    case 'not-in-set':
      return { kind: 'wrong', code: asked, message: 'the code is not in the value set' };
    case 'ambiguous': {
      const message = `ambiguous: ${answer.systems.join(', ')} have the code`;
      return { kind: 'wrong', code: asked, message };
    }
    case 'active':
    case 'inactive': {
      const table = terminology.system(answer.system);
      return right(asked, answer.system, answer.concept, table);
    }
  }
}

function right(
  asked: AskedCode,
  answering: string,
  {
    display,
    inactive,
    replacedBy,
  }: { display: string; inactive: boolean; replacedBy: readonly string[] },
  table: ConceptTable | undefined,
): Judgement {
  const differs =
    asked.display !== undefined &&
    display !== '' &&
    asked.display.toLowerCase() !== display.toLowerCase();
  if (differs) return { kind: 'wrong', code: asked, message: 'the display is another', display };
  const message = [
    ...(inactive ? ['inactive: the code must not be used any more'] : []),
    ...(replacedBy.length > 0 ? [`replaced by ${replacedBy.join(', ')}`] : []),
  ].join('; ');
  return {
    kind: 'right',
    code: asked,
    system: answering.replace(/\|.*$/, ''),
    version: table?.version,
    display,
    inactive,
    message: message === '' ? undefined : message,
  };
}
