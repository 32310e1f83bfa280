import type { Segment } from '../../../../formats/hl7v2/segment.ts';
import { fill, referenceTo } from '../../resource.ts';
import type { Conversion } from '../conversion.ts';
import type { Element, Resource } from '../../resource.ts';
import { coding, conceptBy, dateTime, element, instant, text } from '../dataTypes.ts';
import {
  deviceHd,
  organization,
  organizationHd,
  organizationOfHd,
  practitioner,
  siteHd,
} from '../parties.ts';
import { all, apply, one, unless } from '../rules.ts';
import type { Read } from '../rules.ts';
import { namespaceUri, terminology } from '../vocabulary.ts';

/** HD as name and endpoint of a source or destination. */
const application: Read = (value) => {
  const uri = namespaceUri('', value.text(2), value.text(3));
  return element({
    name: value.text(1),
    endpoint: uri ?? undefined,
    _endpoint: uri === undefined ? absent : undefined,
  });
};

const absent = {
  extension: [
    { url: 'http://hl7.org/fhir/StructureDefinition/data-absent-reason', valueCode: 'unknown' },
  ],
};

const processing: Read = (value) =>
  element({ system: `${terminology}v2-0103`, code: value.text(1) });

const messageHeader = [
  one(24, application, 'source'),
  one(3, application, 'source', { when: unless(24) }),
  one(25, application, 'destination[0]'),
  one(5, application, 'destination[0]', { when: unless(25) }),
  one(23, organization, 'destination[0].receiver'),
  one(6, organizationHd, 'destination[0].receiver', { when: unless(23) }),
  one(4, organizationHd, 'sender'),
  one(22, organization, 'responsible'),
  one(8, (value) => element({ display: value.text(1) }), 'meta.security[]'),
  one(26, coding, 'meta.security[]'),
  all(27, coding, 'meta.security[]'),
  one(11, processing, 'meta.tag[]'),
  one(19, (value) => value.text(1) || value.text(4), 'language'),
];

const origin = [
  one(7, dateTime, 'occurredDateTime'),
  one(7, instant, 'recorded'),
  one(22, organization, 'agent[0].who'),
  one(4, organizationHd, 'agent[0].who', { when: unless(22) }),
  one(3, deviceHd, 'entity[].what', {
    when: (segment) => segment.valued(24),
    with: { role: 'source' },
  }),
];

/** MSH: the header of the message, and where the content comes from. */
export function mapHeader(segment: Segment, conversion: Conversion): Resource {
  const header = conversion.make('MessageHeader', undefined);
  const { type, event } = conversion;
  const value = segment.value(9);
  const named = [type, event, value.text(3)].filter((part) => part !== '').join('^');
  header['eventCoding'] = {
    system: `${terminology}v2-0003`,
    code: event === '' ? type : event,
    display: named,
  };
  apply(messageHeader, segment, header, conversion);
  header['source'] ??= { _endpoint: absent };
  country(segment, conversion);
  for (const field of [10, 12, 13, 14, 15, 16, 18, 20, 21]) segment.markField(field);
  if (segment.valued(4) || segment.valued(22)) {
    const source = conversion.make('Provenance', undefined);
    source['target'] = [referenceTo(header)];
    source['activity'] = { coding: [{ display: named }] };
    apply(origin, segment, source, conversion);
    const agent = (source['agent'] as Element[] | undefined)?.[0];
    if (agent !== undefined) agent['type'] = author;
    dated(source);
  }
  return header;
}

/** MSH-17: the country of the sender. */
function country(segment: Segment, conversion: Conversion): void {
  if (!segment.valued(17) || !segment.valued(4)) return;
  const sender = organizationOfHd(segment.value(4), conversion);
  if (sender !== undefined) fill(sender, 'address', [{ country: segment.text(17) }]);
}

const author = {
  coding: [{ system: `${terminology}provenance-participant-type`, code: 'author' }],
};

const software = [
  one(1, text, 'manufacturer'),
  one(2, (value) => element({ value: value.text(1) }), 'version[]'),
  one(3, (value) => element({ name: value.text(1), type: 'manufacturer-name' }), 'deviceName[]'),
  one(4, text, 'modelNumber'),
  one(5, (value) => element({ text: value.whole() }), 'note[]'),
];

/** SFT: the software that the message went through. */
export function mapSoftware(segment: Segment, header: Resource, conversion: Conversion): void {
  const device = conversion.make(
    'Device',
    `software|${segment.field(1)}|${segment.field(3)}|${segment.field(2)}`,
  );
  apply(software, segment, device, conversion);
  const source = header['source'] as Element;
  if (segment.valued(2)) source['version'] ??= segment.text(2);
  if (segment.valued(3)) source['software'] ??= segment.text(3);
}

const event = [
  one(2, instant, 'recorded'),
  one(4, conceptBy('eventReason'), 'reason[]'),
  all(5, practitioner, 'agent[].who'),
  one(6, dateTime, 'occurredDateTime'),
  one(7, siteHd, 'location'),
];

/** EVN: what happened, when, and who entered it. */
export function mapEvent(segment: Segment, header: Resource, conversion: Conversion): void {
  const provenance = conversion.make('Provenance', undefined);
  provenance['target'] = [referenceTo(header)];
  const { type } = conversion;
  provenance['activity'] = { text: `${type}^${conversion.event}` };
  segment.markField(1);
  apply(event, segment, provenance, conversion);
  // Who entered it need not be told (EVN-5); that it was the sender, is (R4 §6.2, agent 1..*).
  provenance['agent'] ??= [{ who: header['sender'] ?? absent }];
  dated(provenance);
}

/** When it was recorded has to be there, or why it is not: a time without a zone is no instant. */
function dated(provenance: Resource): void {
  if (provenance['recorded'] === undefined) provenance['_recorded'] ??= absent;
}
