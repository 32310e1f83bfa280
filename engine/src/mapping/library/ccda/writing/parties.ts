import { tag, type Markup, type XmlWritten } from '../../../../formats/xml/writer.ts';
import { typeOf, type Writing } from '../../outward/chart.ts';
import type { Reading } from '../../outward/reading.ts';
import { concept, ids, personName, reachable, timeAt } from './dataTypes.ts';

/** Who a reference leads to, a role being the person who has it, and the organization of the role. */
function partyOf(
  reference: Reading | undefined,
  writing: Writing,
): { person: Reading | undefined; organization: Reading | undefined } {
  const found = writing.follow(reference);
  if (found === undefined) return { person: undefined, organization: undefined };
  switch (typeOf(found)) {
    case 'PractitionerRole':
      return {
        person: writing.follow(found.child('practitioner')),
        organization: writing.follow(found.child('organization')),
      };
    case 'Practitioner':
      return { person: found, organization: undefined };
    case 'Organization':
      return { person: undefined, organization: found };
    default:
      return { person: undefined, organization: undefined };
  }
}

/** assignedEntity or assignedAuthor of a reference; undefined where it leads to nobody. */
export function assigned(
  name: 'assignedEntity' | 'assignedAuthor',
  reference: Reading | undefined,
  writing: Writing,
): Markup | undefined {
  const { person, organization } = partyOf(reference, writing);
  const words = (person ?? organization) ? undefined : reference?.text('display');
  if (person === undefined && organization === undefined && words === undefined) {
    if (reference?.peek('reference') !== undefined)
      writing.issue('reference-unresolved', reference.path);
    return undefined;
  }
  if (words !== undefined) reference?.takeWhole();
  const names = person
    ?.all('name')
    .slice(0, 1)
    .map((each) => personName(each, writing));
  const told = names?.length ? names : words === undefined ? undefined : [tag('name', {}, words)];
  return tag(
    name,
    {},
    person === undefined ? tag('id', { nullFlavor: 'NI' }) : ids(person, writing),
    person && concept('code', person.child('qualification')?.child('code'), writing),
    person === undefined ? unreachable : reachable(person, writing),
    told && tag('assignedPerson', {}, told),
    organization && organizationElement('representedOrganization', organization, writing),
  );
}

const unreachable = [tag('addr', { nullFlavor: 'UNK' }), tag('telecom', { nullFlavor: 'UNK' })];

export function organizationElement(name: string, from: Reading, writing: Writing): Markup {
  const own = from.text('name');
  const [addresses, numbers] = reachable(from, writing) as [XmlWritten, XmlWritten];
  return tag(
    name,
    {},
    ids(from, writing),
    own === undefined ? tag('name', { nullFlavor: 'UNK' }) : tag('name', {}, own),
    numbers,
    addresses,
  );
}

export function performer(reference: Reading, writing: Writing): XmlWritten {
  const who = assigned('assignedEntity', reference, writing);
  return who && tag('performer', { typeCode: 'PRF' }, who);
}

const authorship = tag('templateId', { root: '2.16.840.1.113883.10.20.22.4.119' });

/** Who recorded something and when (Author Participation); nothing where neither is known. */
export function author(
  from: Reading,
  names: { time: string; who?: string },
  writing: Writing,
): XmlWritten {
  const when = timeAt(from, names.time, writing);
  const reference = names.who === undefined ? undefined : from.child(names.who);
  const who = assigned('assignedAuthor', reference, writing);
  if (when === undefined && who === undefined) return undefined;
  return tag(
    'author',
    {},
    authorship,
    when === undefined ? tag('time', { nullFlavor: 'UNK' }) : tag('time', { value: when }),
    who ?? tag('assignedAuthor', {}, tag('id', { nullFlavor: 'UNK' })),
  );
}

const serviceLocation = tag('templateId', { root: '2.16.840.1.113883.10.20.22.4.32' });

/** Service Delivery Location of a reference. */
export function place(reference: Reading | undefined, writing: Writing): XmlWritten {
  const found = writing.follow(reference);
  if (found === undefined || typeOf(found) !== 'Location') return undefined;
  const own = found.text('name');
  const named = own === undefined ? undefined : tag('name', {}, own);
  return tag(
    'participant',
    { typeCode: 'LOC' },
    tag(
      'participantRole',
      { classCode: 'SDLOC' },
      serviceLocation,
      ids(found, writing),
      concept('code', found.child('type'), writing) ?? tag('code', { nullFlavor: 'UNK' }),
      reachable(found, writing, false),
      tag('playingEntity', { classCode: 'PLC' }, named),
    ),
  );
}
