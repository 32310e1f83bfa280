import { isJsonObject, JsonSyntaxError, parseJson } from '../base/json.ts';
import { readFhirXml, type ReadResource } from './fhirXml.ts';

/** Why a text is no resource: the code, and where, in characters. */
export interface TextProblem {
  code: string;
  offset: number;
}

/**
 * One FHIR resource from its text: XML where it begins with `<`, else JSON, whose numbers keep their
 * digits and whose keys may not be repeated. Codes of problems: `json-unreadable`,
 * `json-not-an-object`, and those of {@link readFhirXml}.
 */
export function readFhirText(text: string): ReadResource | TextProblem {
  const bare = text.replace(/^\uFEFF/, '');
  if (bare.trimStart().startsWith('<')) return readFhirXml(bare);
  try {
    const json = parseJson(bare);
    if (!isJsonObject(json)) return { code: 'json-not-an-object', offset: 0 };
    return { resource: json, issues: [] };
  } catch (error) {
    if (error instanceof JsonSyntaxError) return { code: 'json-unreadable', offset: error.offset };
    throw error;
  }
}
