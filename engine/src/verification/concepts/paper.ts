import { sha256Hex } from '../../base/digest.ts';
import { objectOf } from '../../model/largeObject.ts';
import { coded, concept, dated, digested, referring, word } from './concept.ts';
import type { Concept } from './concept.ts';
import { codingsAt, partsOf, plain, referencesAt, texts, textsAt } from './elements.ts';
import type { Read } from './elements.ts';

const documents = ['DocumentReference'];
const binaries = ['Binary'];
const directives = ['Consent'];

/** The text of attachments that carry it themselves; what is no base64 or no UTF-8 is no text. */
const embeddedText: Read = (resource) =>
  plain(
    texts(resource, 'content.attachment.data')
      .map(decoded)
      .filter((text) => text !== ''),
  );

/** Extension that carries one reader of the access list that a share had. */
const readerExtension = 'urn:handover:document-reader';

const readersOf = partsOf('extension', 'valueCode', (each) => each['url'] === readerExtension);

function isBinary(url: string): boolean {
  return /^Binary\/[A-Za-z0-9.-]{1,64}$/.test(url);
}

/** Digest of base64 data; of data that was left out, it was taken when it was read back. */
function bytesAt(path: string): Read {
  return (resource) =>
    plain(
      texts(resource, path).map((data) => {
        const apart = objectOf(data);
        if (apart !== undefined) return apart.sha256;
        const bytes = Buffer.from(data, 'base64');
        return bytes.toString('base64') === data ? sha256Hex(bytes) : 'not readable';
      }),
    );
}

function decoded(data: string): string {
  try {
    const bytes = Uint8Array.from(atob(data), (letter) => letter.codePointAt(0) ?? 0);
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return `not readable: ${data}`;
  }
}

export const paper: readonly Concept[] = [
  concept('document-type', documents, 'Kind of document.', codingsAt('type.coding'), coded),
  concept(
    'document-status',
    documents,
    'Current, superseded, entered in error.',
    textsAt('status'),
    word,
  ),
  concept(
    'document-signature',
    documents,
    'Preliminary, final, amended.',
    textsAt('docStatus'),
    word,
  ),
  concept('document-title', documents, 'Title.', textsAt('content.attachment.title')),
  concept('document-text', documents, 'Text that the document carries itself.', embeddedText),
  concept(
    'document-media',
    documents,
    'Media type.',
    textsAt('content.attachment.contentType'),
    word,
  ),
  concept(
    'document-place',
    documents,
    'Where the file lies.',
    (resource) => plain(texts(resource, 'content.attachment.url').filter((url) => !isBinary(url))),
    word,
  ),
  concept(
    'document-content',
    documents,
    'The resource that holds its bytes.',
    (resource) => plain(texts(resource, 'content.attachment.url').filter(isBinary)),
    referring,
  ),
  concept('document-hash', documents, 'SHA-1 in base64.', textsAt('content.attachment.hash'), word),
  concept('document-size', documents, 'Bytes.', textsAt('content.attachment.size'), word),
  concept(
    'document-reader',
    documents,
    'Who could read it in the old system, by the access list that was carried along.',
    readersOf,
    word,
  ),
  concept('binary-media', binaries, 'Media type of the bytes.', textsAt('contentType'), word),
  concept('binary-digest', binaries, 'The bytes, by their SHA-256.', bytesAt('data'), digested),
  concept('document-date', documents, 'When it was written.', textsAt('date'), dated),
  concept(
    'document-service-date',
    documents,
    'When what it tells of was done.',
    textsAt('context.period.start'),
    dated,
  ),
  concept('document-author', documents, 'Who wrote it.', referencesAt('author'), referring),
  concept(
    'document-encounter',
    documents,
    'Visit it belongs to.',
    referencesAt('context.encounter'),
    referring,
  ),
  concept(
    'document-adds-to',
    documents,
    'The document that it adds to.',
    referencesAt('relatesTo.target'),
    referring,
  ),
  concept(
    'directive-status',
    directives,
    'In force, revoked, proposed, entered in error.',
    textsAt('status'),
    word,
  ),
  concept(
    'directive-code',
    directives,
    'What is wanted, as a code.',
    codingsAt('provision.code.coding'),
    coded,
  ),
  concept(
    'directive-text',
    directives,
    'What is wanted, in words.',
    textsAt('provision.code.text'),
  ),
  concept(
    'directive-start',
    directives,
    'From when it holds.',
    textsAt('provision.period.start'),
    dated,
  ),
  concept(
    'directive-end',
    directives,
    'Until when it held.',
    textsAt('provision.period.end'),
    dated,
  ),
  concept(
    'directive-taken-by',
    directives,
    'Who took it down.',
    referencesAt('performer'),
    referring,
  ),
];
