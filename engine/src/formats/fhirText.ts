import { isUtf8 } from 'node:buffer';
import { isJsonObject, JsonSyntaxError, parseJson } from '../base/json.ts';
import { r4Model, type FhirModel } from '../fhirpath/model.ts';
import { readFhirXml, type ReadResource } from './fhirXml.ts';
import { xmlText } from './xml/encoding.ts';

/** Why a text is no resource: the code, and where, both from 1 and the column in characters. */
export interface TextProblem {
  code: string;
  line: number;
  column: number;
}

/**
 * One FHIR resource from its bytes: XML where they begin with `<`, in the encoding that it says, else
 * JSON, which is UTF-8 (RFC 8259 §8.1), whose numbers keep their digits and whose keys may
 * not be repeated. Codes of problems: `json-encoding`, `json-unreadable`, `json-key-repeated`,
 * `fhir-no-resource`, and those of {@link readFhirXml}.
 * @param model the version that XML is in: what of it is a number, and what a list
 */
export function readFhirBytes(
  bytes: Buffer,
  model: FhirModel = r4Model,
): ReadResource | TextProblem {
  const isMarkup = beginsAsXml(bytes);
  if (!isMarkup && !isPlainUtf8(bytes)) {
    return { code: 'json-encoding', line: lineNotUtf8(bytes), column: 1 };
  }
  const text = isMarkup ? xmlText(bytes) : bytes.toString('utf8');
  if (text === undefined) return { code: 'xml-encoding', line: 1, column: 1 };
  return readFhirText(text, model);
}

/** As {@link readFhirBytes}, of characters. */
export function readFhirText(text: string, model: FhirModel = r4Model): ReadResource | TextProblem {
  const bare = text.replace(/^\uFEFF/, '');
  if (/^\s*</.test(bare)) {
    const read = readFhirXml(bare, model);
    return 'code' in read ? problemAt(bare, read.code, read.offset) : read;
  }
  try {
    const json = parseJson(bare);
    if (!isJsonObject(json)) return { code: 'fhir-no-resource', line: 1, column: 1 };
    return { resource: json, issues: [] };
  } catch (error) {
    if (!(error instanceof JsonSyntaxError)) throw error;
    return problemAt(bare, error.code, error.offset);
  }
}

/** A place in a text by its line and column. */
export function problemAt(text: string, code: string, offset: number): TextProblem {
  let line = 1;
  let start = 0;
  for (let end = text.indexOf('\n'); end !== -1 && end < offset; end = text.indexOf('\n', start)) {
    line++;
    start = end + 1;
  }
  return { code, line, column: offset - start + 1 };
}

/** By its first character, whatever marks of an encoding stand before it. */
function beginsAsXml(bytes: Uint8Array): boolean {
  const first = bytes.find((byte) => byte > 0x20 && !byteOrderMarks.has(byte));
  return first === 0x3c;
}

const byteOrderMarks = new Set([0xef, 0xbb, 0xbf, 0xfe, 0xff]);

/** A zero beside the first character is that of another encoding. */
function isPlainUtf8(bytes: Uint8Array): boolean {
  return bytes[0] !== 0 && bytes[1] !== 0 && isUtf8(bytes);
}

function lineNotUtf8(bytes: Uint8Array): number {
  if (bytes[0] === 0 || bytes[1] === 0) return 1;
  let line = 1;
  let start = 0;
  for (let end = bytes.indexOf(0x0a); end !== -1; end = bytes.indexOf(0x0a, start)) {
    if (!isUtf8(bytes.subarray(start, end))) break;
    line++;
    start = end + 1;
  }
  return line;
}
