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
const objectRoles = 'http://terminology.hl7.org/CodeSystem/object-role';

const rest = coding('http://terminology.hl7.org/CodeSystem/audit-event-type', 'rest');

/** How an action of the log stands in IHE's Basic Audit Log Patterns (BALP). */
interface Pattern {
  /** Name of the profile; with a patient it is `Patient` and that. */
  profile?: 'Read' | 'Query' | 'Create' | 'Update' | 'Delete';
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
 * resource that was read or changed, one for a search whatever it found. What was asked for is not
 * kept (it may name a patient): the query that stands there asks for what was shown, by id.
 * @param observer which Handover saw it: the origin of its log.
 */
export function balpEvents(event: KeptEvent, observer: string): AuditResource[] {
  const pattern = patterns[event.action] ?? unknownPattern;
  const { profile } = pattern;
  const isQuery = profile === 'Query';
  const ids = isQuery || event.resourceIds.length === 0 ? [''] : event.resourceIds;
  return ids.map((id) => ({
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
    entity: entitiesOf(event, id, isQuery),
  }));
}

function profileOf(profile: string, { patient }: KeptEvent): string {
  return `${balp}${patient === undefined ? '' : 'Patient'}${profile}`;
}

/** Who asks is the destination of what is read, and the source of what is asked for or written. */
function agentsOf({ actor }: KeptEvent, observer: string, profile: Pattern['profile']): object[] {
  const source = coding(dicom, '110153', 'Source Role ID');
  const destination = coding(dicom, '110152', 'Destination Role ID');
  const [client, server] = profile === 'Read' ? [destination, source] : [source, destination];
  const network = { address: '127.0.0.1', type: '2' };
  return [
    {
      type: { coding: [client] },
      who: { display: actor },
      requestor: false,
      network,
    },
    {
      type: { coding: [server] },
      who: { display: observer },
      requestor: false,
      network,
    },
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

function entitiesOf(event: KeptEvent, id: string, isQuery: boolean): object[] {
  const { resourceType, resourceIds, patient } = event;
  const isResource = /^[A-Z][A-Za-z]+$/.test(resourceType);
  const asked =
    resourceIds.length === 0 ? resourceType : `${resourceType}?_id=${resourceIds.join()}`;
  const what =
    isResource && id !== ''
      ? { reference: `${resourceType}/${id}` }
      : { display: name(resourceType, id) };
  const data = isQuery
    ? {
        what: { display: resourceType },
        type: coding(entityTypes, '2', 'System Object'),
        role: coding(objectRoles, '24', 'Query'),
        query: Buffer.from(asked).toString('base64'),
      }
    : {
        what,
        type: coding(entityTypes, '2', 'System Object'),
        role: coding(objectRoles, '4', 'Domain Resource'),
      };
  if (patient === undefined) return [data];
  const person = {
    what: { reference: `Patient/${patient}` },
    type: coding(entityTypes, '1', 'Person'),
    role: coding(objectRoles, '1', 'Patient'),
  };
  return [data, person];
}

function name(resourceType: string, id: string): string {
  return id === '' ? resourceType || 'nothing' : `${resourceType}/${id}`;
}

function coding(system: string, code: string, display?: string): object {
  return { system, code, ...(display !== undefined && { display }) };
}
