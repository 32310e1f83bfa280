import { createHash } from 'node:crypto';
import type { FunctionDefinition } from '../fhirpath/environment.ts';
import { DataIssue } from '../fhirpath/expressionError.ts';
import type { Place } from '../fhirpath/expressionError.ts';
import { mediaKindOf } from '../formats/mediaKind.ts';
import { objectOf } from '../model/largeObject.ts';

/** Functions of what a binary column holds, for attachments. */
export const byteFunctions: readonly FunctionDefinition[] = [
  {
    name: 'base64',
    summary:
      'Bytes of a binary column (hex, as \\x4A4B), of a file, or of a text in UTF-8, for `data`.',
    example: 'scan_blob.base64()',
    input: 'String',
    parameters: [],
    result: 'String',
    prepare: () => (input) => {
      const text = input as string;
      return objectOf(text) === undefined ? bytesOf(text).toString('base64') : text;
    },
  },
  {
    name: 'byteCount',
    summary: 'How many bytes a binary column or a text in UTF-8 has, for `Attachment.size`.',
    example: 'scan_blob.byteCount()',
    input: 'String',
    parameters: [],
    result: 'Integer',
    prepare: () => (input) => {
      const text = input as string;
      return objectOf(text)?.bytes ?? bytesOf(text).length;
    },
  },
  {
    name: 'sha1',
    summary: 'SHA-1 of the bytes in base64, which is what `Attachment.hash` holds.',
    example: 'scan_blob.sha1()',
    input: 'String',
    parameters: [],
    result: 'String',
    prepare: (_literals, at) => (input) =>
      createHash('sha1')
        .update(bytesAtHand(input as string, at))
        .digest('base64'),
  },
  {
    name: 'mediaType',
    summary: 'Media type by the first bytes; `application/octet-stream` where they are not known.',
    example: 'scan_blob.mediaType()',
    input: 'String',
    parameters: [],
    result: 'String',
    prepare: (_literals, at) => (input) => mediaKindOf(bytesAtHand(input as string, at)),
  },
];

function bytesOf(text: string): Buffer {
  const hex = /^\\x((?:[0-9a-f]{2})*)$/i.exec(text)?.[1];
  return hex === undefined ? Buffer.from(text) : Buffer.from(hex, 'hex');
}

/** A file's bytes are not in its record; its stream has a column for this. */
function bytesAtHand(text: string, at: Place): Buffer {
  if (objectOf(text) === undefined) return bytesOf(text);
  throw new DataIssue('bytes-elsewhere', 'the stream has a column for this', at);
}
