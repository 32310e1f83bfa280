import type { KeptEvent } from './auditEvent.ts';

/** A FHIR R4 AuditEvent, in JSON. */
export interface AuditResource {
  resourceType: 'AuditEvent';
  [element: string]: unknown;
}

const balp = 'https://profiles.ihe.net/ITI/BALP/StructureDefinition/IHE.BasicAudit.';
const dicom = 'http://dicom.nema.org/resources/ontology/DCM';
const interactions = 'http://hl7.org/fhir/restful-interaction';
const entityTypes = 'http://terminology.hl7.org/CodeSystem/audit-entity-type';
const lifecycle = 'http://terminology.hl7.org/CodeSystem/iso-21089-lifecycle';
const objectRoles = 'http://terminology.hl7.org/CodeSystem/object-role';

const rest = coding('http://terminology.hl7.org/CodeSystem/audit-event-type', 'rest');

/** It is of a patient always. */
const disclosure = 'PrivacyDisclosure.Source';

/** How an action of the log stands in IHE's Basic Audit Log Patterns (BALP). */
interface Pattern {
  /** Name of the profile; of a REST interaction with a patient it is `Patient` and that. */
  profile?: 'Read' | 'Query' | 'Create' | 'Update' | 'Delete' | typeof disclosure;
  /** AuditEvent.action (R4). */
  action: 'C' | 'R' | 'U' | 'D' | 'E';
  type: object;
  subtype?: object;
}

const patterns: Readonly<Record<string, Pattern>> = {
  read: { profile: 'Read', action: 'R', type: rest, subtype: coding(interactions, 'read') },
  vread: { profile: 'Read', action: 'R', type: rest, subtype: coding(interactions, 'vread') },
  history: {
    profile: 'Read',
    action: 'R',
    type: rest,
    subtype: coding(interactions, 'history-instance'),
  },
  search: { profile: 'Query', action: 'E', type: rest, subtype: coding(interactions, 'search') },
  create: { profile: 'Create', action: 'C', type: rest, subtype: coding(interactions, 'create') },
  update: { profile: 'Update', action: 'U', type: rest, subtype: coding(interactions, 'update') },
  delete: { profile: 'Delete', action: 'D', type: rest, subtype: coding(interactions, 'delete') },
  transaction: {
    profile: 'Update',
    action: 'U',
    type: rest,
    subtype: coding(interactions, 'transaction'),
  },
  reveal: { profile: 'Read', action: 'R', type: rest, subtype: coding(interactions, 'read') },
  export: { action: 'R', type: coding(dicom, '110106', 'Export') },
  // Nobody asks for a load: it is data that leaves, and a target that it is disclosed to.
  load: {
    profile: disclosure,
    action: 'R',
    type: coding(dicom, '110106', 'Export'),
    subtype: coding(lifecycle, 'disclose', 'Disclose Record Lifecycle Event'),
  },
  extract: {
    action: 'C',
    type: coding(dicom, '110107', 'Import'),
    subtype: coding(lifecycle, 'receive', 'Receive/Retain Record Lifecycle Event'),
  },
  'break-glass': {
    action: 'E',
    type: coding(dicom, '110113', 'Security Alert'),
    subtype: coding(dicom, '110127', 'Emergency Override Started'),
  },
  'sign-in': {
    action: 'E',
    type: coding(dicom, '110114', 'User Authentication'),
    subtype: coding(dicom, '110122', 'Login'),
  },
  'sign-out': {
    action: 'E',
    type: coding(dicom, '110114', 'User Authentication'),
    subtype: coding(dicom, '110123', 'Logout'),
  },
  decision: { action: 'E', type: coding(dicom, '110113', 'Security Alert') },
};

const unknownPattern: Pattern = { action: 'E', type: rest };

/**
 * An event of the log as AuditEvent resources of BALP, each about one patient at most: one for every
 * resource that was read or changed, one for a search or a load whatever was in it. What was asked for is not
 * kept (it may name a patient): the query that stands there asks for what was shown, by id.
 * @param observer which Handover saw it: the origin of its log.
 */
export function balpEvents(event: KeptEvent, observer: string): AuditResource[] {
  const pattern = patterns[event.action] ?? unknownPattern;
  const { patient, resourceIds } = event;
  const profile =
    pattern.profile === disclosure && patient === undefined ? undefined : pattern.profile;
  const isQuery = profile === 'Query';
  const isWhole = isQuery || event.action === 'load' || resourceIds.length === 0;
  const groups = isWhole ? [isQuery ? [] : resourceIds] : resourceIds.map((id) => [id]);
  return groups.map((ids) => ({
    resourceType: 'AuditEvent',
    ...(profile && { meta: { profile: [profileOf(profile, event)] } }),
    type: pattern.type,
    ...(pattern.subtype && { subtype: [pattern.subtype] }),
    action: pattern.action,
    recorded: event.instant,
    // 4, a minor failure: the action was asked for, and what it asked for was not there.
    outcome: event.outcome === 'not-found' ? '4' : '0',
    ...(event.outcome !== 'disclosed' && { outcomeDesc: event.outcome }),
    agent: agentsOf(event, observer, profile),
    source: { observer: { display: observer } },
    entity: entitiesOf(event, ids, isQuery),
  }));
}

function profileOf(profile: string, { patient }: KeptEvent): string {
  const isRest = profile !== disclosure;
  return `${balp}${isRest && patient !== undefined ? 'Patient' : ''}${profile}`;
}

/** Who asks is the destination of what is read, and the source of what is asked for or written. */
function agentsOf(
  { actor, action, system }: KeptEvent,
  observer: string,
  profile: Pattern['profile'],
): object[] {
  const source = coding(dicom, '110153', 'Source Role ID');
  const destination = coding(dicom, '110152', 'Destination Role ID');
  const [client, server] = profile === 'Read' ? [destination, source] : [source, destination];
  const network = { address: '127.0.0.1', type: '2' };
  const moved = action === 'load' || action === 'extract';
  const [from, to] = action === 'extract' ? [system, observer] : [observer, system];
  const end = (role: object, of = observer): object => ({
    type: { coding: [role] },
    who: { display: of },
    requestor: false,
    // Of another system its name in the plan is known here, and no more.
    network: of === observer ? network : { address: of, type: '1' },
  });
  return [
    ...(moved
      ? [end(source, from), end(destination, to)]
      : [
          { type: { coding: [client] }, who: { display: actor }, requestor: false, network },
          end(server, system),
        ]),
    {
      type: {
        coding: [
          coding(
            'http://terminology.hl7.org/CodeSystem/v3-ParticipationType',
            'IRCP',
            'information recipient',
          ),
        ],
      },
      who: { display: actor },
      requestor: true,
    },
  ];
}

/** @param ids of the resources; `Type/id` in an event of a batch. */
function entitiesOf(event: KeptEvent, ids: readonly string[], isQuery: boolean): object[] {
  const { resourceType, resourceIds, patient } = event;
  const asked =
    resourceIds.length === 0 ? resourceType : `${resourceType}?_id=${resourceIds.join()}`;
  const named = ids.length === 0 ? [''] : ids;
  const data = isQuery
    ? [
        {
          what: { display: resourceType },
          type: coding(entityTypes, '2', 'System Object'),
          role: coding(objectRoles, '24', 'Query'),
          query: Buffer.from(asked).toString('base64'),
        },
      ]
    : named.map((id) => ({
        what: whatOf(resourceType, id),
        type: coding(entityTypes, '2', 'System Object'),
        role: coding(objectRoles, '4', 'Domain Resource'),
      }));
  if (patient === undefined) return data;
  const person = {
    what: { reference: `Patient/${patient}` },
    type: coding(entityTypes, '1', 'Person'),
    role: coding(objectRoles, '1', 'Patient'),
  };
  return [...data, person];
}

function whatOf(resourceType: string, id: string): object {
  if (id.includes('/')) return { reference: id };
  const isResource = /^[A-Z][A-Za-z]+$/.test(resourceType);
  return isResource && id !== ''
    ? { reference: `${resourceType}/${id}` }
    : { display: name(resourceType, id) };
}

function name(resourceType: string, id: string): string {
  return id === '' ? resourceType || 'nothing' : `${resourceType}/${id}`;
}

function coding(system: string, code: string, display?: string): object {
  return { system, code, ...(display !== undefined && { display }) };
}
