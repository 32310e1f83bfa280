import { base64Length, isExpression } from './texts.ts';
import { extensionRule } from './extensions.ts';
import { isAbsolute, numberText } from './primitives.ts';
import { referenceRule } from './references.ts';
import type { Services } from './services.ts';
import type { FhirJson } from './fhirJson.ts';
import type { Walk } from './walk.ts';

type Rule = (value: FhirJson, walk: Walk) => void;

/** What the standard says in words of a datatype (R4 §2.24, §2.3, §2.4). */
export function datatypeRules(type: string, services: Services): readonly Rule[] {
  switch (type) {
    case 'Attachment':
      return [attachmentRule];
    case 'Coding':
      return [codingRule(services)];
    case 'Expression':
      return [expressionRule];
    case 'Extension':
      return [extensionRule(services)];
    case 'Identifier':
      return [identifierRule];
    case 'Reference':
      return [referenceRule(services)];
    case 'Quantity':
    case 'Age':
    case 'Count':
    case 'Distance':
    case 'Duration':
      return [quantityRule(services)];
    default:
      return [];
  }
}

/** A system is told by an absolute url, is no value set, and has the code (R4 §2.24.0.6). */
function codingRule(services: Services): Rule {
  const { terminology } = services;
  return ({ system, code, display }, walk) => {
    if (typeof system !== 'string') return;
    if (!judgeCode(system, code, services, walk) || typeof code !== 'string') return;
    if (typeof display !== 'string') return;
    const known = terminology.display(system, code);
    if (known !== undefined && known !== display && folded(known) !== folded(display)) {
      walk.warn('display-differs', 'display', system);
    }
  };
}

/** Whether a code is known to be one of its system; what it is instead is told. */
export function judgeCode(
  system: string,
  code: unknown,
  { terminology }: Services,
  walk: Walk,
): boolean {
  if (!isAbsolute(system)) walk.error('system-relative', 'system');
  else if (typeof code === 'string') {
    const found = terminology.inSystem(system, code);
    if (found === 'in') {
      if (terminology.isInactive(system, code)) walk.warn('code-inactive', 'code', system);
      return true;
    }
    if (found === 'out') {
      if (isOpenTable(system)) walk.warn('code-unknown', 'code', system);
      else if (!walk.isOfOtherVersion(system)) walk.error('code-unknown', 'code', system);
      else walk.notLoaded('code-system', system);
    } else {
      const kind = terminology.kindOf(system);
      if (kind === 'value-set') walk.error('system-is-value-set', 'system');
      else if (kind === 'unknown') walk.unknownSystem(system);
      else walk.notLoaded('code-system', system);
    }
  }
  return false;
}

/**
 * Tables of HL7 v2 grow with every version of it, R4 has them as they were in 2.9, and of many the
 * sites choose the values themselves.
 */
function isOpenTable(system: string): boolean {
  return system.startsWith('http://terminology.hl7.org/CodeSystem/v2-');
}

function folded(text: string): string {
  return text.toLowerCase().replaceAll(/\s+/g, ' ').trim();
}

/** R4 §2.24.0.9: the system is absolute; a uri as a value is a whole one. */
function identifierRule({ system, value }: FhirJson, walk: Walk): void {
  if (typeof system !== 'string') return;
  if (!isAbsolute(system)) walk.error('system-relative', 'system');
  if (system === 'urn:ietf:rfc:3986' && typeof value === 'string' && !isAbsolute(value)) {
    walk.error('identifier-no-uri', 'value');
  }
}

function quantityRule(services: Services): Rule {
  return ({ system, code }, walk) => {
    if (typeof system === 'string') judgeCode(system, code, services, walk);
  };
}

/** An expression in FHIRPath can be read (R4 §2.35). */
function expressionRule({ language, expression }: FhirJson, walk: Walk): void {
  if (language !== 'text/fhirpath' || typeof expression !== 'string') return;
  if (!isExpression(expression)) walk.error('expression-unreadable', 'expression');
}

/** The size stated is that of the data, before it was written as base64 (R4 §2.24.0.2). */
function attachmentRule({ data, size }: FhirJson, walk: Walk): void {
  const stated = numberText(size);
  if (stated === undefined || typeof data !== 'string') return;
  const bytes = base64Length(/\s/.test(data) ? data.replaceAll(/\s+/g, '') : data);
  if (bytes !== undefined && bytes !== Number(stated)) walk.error('attachment-size', 'size');
}
