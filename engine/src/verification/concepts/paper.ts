import { coded, concept, dated, referring, word } from './concept.ts';
import type { Concept } from './concept.ts';
import { codingsAt, plain, referencesAt, texts, textsAt } from './elements.ts';
import type { Read } from './elements.ts';

const documents = ['DocumentReference'];
const directives = ['Consent'];

/** The text of attachments that carry it themselves; what is no base64 or no UTF-8 is no text. */
const embeddedText: Read = (resource) =>
  plain(
    texts(resource, 'content.attachment.data')
      .map(decoded)
      .filter((text) => text !== ''),
  );

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
    textsAt('content.attachment.url'),
    word,
  ),
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
