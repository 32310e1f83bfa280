import type { Segment } from '../../../../formats/hl7v2/segment.ts';
import { add, referenceTo } from '../../resource.ts';
import type { Conversion } from '../conversion.ts';
import type { Element, Resource } from '../../resource.ts';
import {
  concept,
  conceptBy,
  dateTime,
  element,
  entityIdentifier,
  instant,
  wholeText,
} from '../dataTypes.ts';
import { practitioner } from '../parties.ts';
import { all, apply, one } from '../rules.ts';
import { attachmentOf } from './observations.ts';

const document = [
  one(2, concept, 'type'),
  one(4, dateTime, 'context.period.start'),
  one(6, instant, 'date'),
  all(9, practitioner, 'author[]'),
  all(10, practitioner, 'authenticator'),
  one(12, entityIdentifier(), 'masterIdentifier'),
  one(16, (value) => element({ value: value.whole() }), 'identifier[]'),
  one(18, conceptBy('documentConfidentiality'), 'securityLabel[]'),
  one(25, wholeText, 'description'),
];

/** HL7 table 0271: what is not yet signed off stays preliminary. */
const completions: Readonly<Record<string, string>> = {
  AU: 'final',
  LA: 'final',
  DO: 'preliminary',
  DI: 'preliminary',
  IN: 'preliminary',
  IP: 'preliminary',
  PA: 'preliminary',
};

/** TXA: a document. Cancelled and obsolete ones are said to be so (TXA-19, T05 edits, T11 cancels). */
export function mapDocument(
  segment: Segment,
  subject: Resource | undefined,
  visit: Resource | undefined,
  conversion: Conversion,
): Resource {
  const own = segment.valued(12) ? segment.field(12) : undefined;
  const resource = conversion.make('DocumentReference', own);
  resource['status'] = documentStatus(segment, conversion);
  apply(document, segment, resource, conversion);
  if (subject !== undefined) resource['subject'] = referenceTo(subject);
  if (visit !== undefined)
    add((resource['context'] ??= {}) as Element, 'encounter', referenceTo(visit));
  const completion = completions[segment.text(17)];
  if (completion !== undefined) resource['docStatus'] = completion;
  if (segment.valued(13)) {
    const type = conversion.event === 'T09' || conversion.event === 'T10' ? 'replaces' : 'appends';
    const identifier = entityIdentifier()(segment.value(13), conversion, 'TXA-13');
    add(resource, 'relatesTo', { code: type, target: { type: 'DocumentReference', identifier } });
  }
  segment.markField(1);
  return resource;
}

function documentStatus(segment: Segment, conversion: Conversion): string {
  if (conversion.event === 'T11' || segment.text(19) === 'CA') return 'entered-in-error';
  return segment.text(19) === 'OB' ? 'superseded' : 'current';
}

/** OBX of a document: its text line by line, or the document itself. */
export function mapContent(segment: Segment, resource: Resource): void {
  const type = segment.text(2);
  for (const field of [1, 3, 4, 11, 14]) segment.markField(field);
  const list = segment.values(5).filter((value) => !value.empty);
  if (type === 'ED' || type === 'RP') {
    for (const value of list)
      add(resource, 'content', element({ attachment: attachmentOf(type, value) }));
    return;
  }
  const text = list.map((value) => value.whole()).join('\n');
  const contents = (resource['content'] ??= []) as {
    attachment: { contentType: string; data: string };
  }[];
  const open = contents.find(({ attachment }) => attachment.contentType === 'text/plain');
  if (open === undefined)
    contents.push({ attachment: { contentType: 'text/plain', data: base64(text) } });
  else
    open.attachment.data = base64(
      `${Buffer.from(open.attachment.data, 'base64').toString()}\n${text}`,
    );
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}

/** A document whose text the message does not have. */
export function tidyDocument(resource: Resource): void {
  resource['content'] ??= [{ attachment: { title: 'not in the message' } }];
}
