import type { OutboundHost } from '../plan/outbound.ts';
import type { ProjectText } from '../plan/read.ts';

type Document = ProjectText['document'];
type Endpoint = Document['sources'][string];

/** A system of the plan, as both registers name it. */
export interface SystemLine {
  name: string;
  end: 'source' | 'target' | 'receiver';
  kind: string;
  owner: string;
  jurisdiction: string;
  /** `BAA with …, until …`. */
  agreement: string;
  /** Until when, and by whose leave, it is reached without verified TLS. */
  withoutTls?: string;
}

/** What stands where the plan says nothing: a gap that is seen, and not an empty cell. */
const notNamed = 'not named';

/** It gets nothing of anybody, so neither is asked of it. */
const nothingPersonal = 'no personal data';

/** Every system of a plan: sources, targets, receivers. */
export function systemsOf({ sources, targets, receivers, siem, anchors }: Document): SystemLine[] {
  const line = (end: SystemLine['end'], name: string, settings: Endpoint): SystemLine => ({
    name,
    end,
    kind: settings.kind,
    owner: settings.owner ?? notNamed,
    jurisdiction: settings.jurisdiction ?? notNamed,
    agreement:
      settings.agreement === undefined
        ? notNamed
        : `${settings.agreement.kind} with ${settings.agreement.with}, until ${settings.agreement.expires}`,
    ...(settings.withoutTls && {
      withoutTls: `until ${settings.withoutTls.expires}, ${settings.withoutTls.owner} answers for it`,
    }),
  });
  return [
    ...Object.entries(sources).map(([name, settings]) => line('source', name, settings)),
    ...Object.entries(targets).map(([name, settings]) => line('target', name, settings)),
    ...Object.entries(receivers).map(([name, settings]) =>
      line('receiver', name, { ...settings, kind: settings.address }),
    ),
    ...(siem ? [line('receiver', 'siem', { ...siem, kind: 'audit log' })] : []),
    ...Object.entries(anchors).map(([name, settings]) => ({
      ...line('receiver', `anchors.${name}`, { ...settings, kind: 'heads of the audit log' }),
      jurisdiction: nothingPersonal,
      agreement: nothingPersonal,
    })),
  ];
}

/** The record of processing activities of GDPR Art. 30(2), with what Art. 30(1) asks of the controller. */
export interface ProcessingRecord {
  format: 'handover-processing-record/1';
  activity: string;
  purpose: string;
  controllers: string[];
  processors: string[];
  dataSubjects: string[];
  /** Kinds of FHIR resources that the newest run made, with how many. */
  categories: { type: string; drafts: number }[];
  recipients: SystemLine[];
  /** From one jurisdiction to another, Art. 30(1)(e): source, target. */
  transfers: { from: string; to: string; jurisdictions: string }[];
  erasure: string;
  security: string[];
  /** What the plan does not say and the record needs. */
  gaps: string[];
}

export function processingRecord(
  document: Document,
  categories: ProcessingRecord['categories'],
): ProcessingRecord {
  const systems = systemsOf(document);
  const sources = systems.filter(({ end }) => end === 'source');
  const targets = systems.filter(({ end }) => end === 'target');
  const named = (lines: readonly SystemLine[]): string[] =>
    [...new Set(lines.map(({ owner }) => owner))].filter((owner) => owner !== notNamed);
  return {
    format: 'handover-processing-record/1',
    activity: `migration ${document.name}`,
    purpose: `${document.purpose}: records of care and billing move from ${names(sources)} to ${names(targets)}`,
    controllers: named(systems),
    processors: [
      ...new Set(
        systems
          .map(({ agreement }) => agreement)
          .filter((agreement) => agreement !== notNamed && agreement !== nothingPersonal),
      ),
    ],
    dataSubjects: ['patients', 'guarantors and relatives of patients', 'clinicians and staff'],
    categories: [...categories],
    recipients: targets,
    transfers: sources.flatMap((from) =>
      targets
        .filter((to) => from.jurisdiction !== to.jurisdiction)
        .map((to) => ({
          from: from.name,
          to: to.name,
          jurisdictions: `${from.jurisdiction} to ${to.jurisdiction}`,
        })),
    ),
    erasure:
      document.retention === undefined
        ? 'working copies are kept until two people erase them (`handover erasure`), unless a legal hold keeps them'
        : `working copies are kept for ${document.retention.parcels} days after their run, then two people erase them, unless a legal hold keeps them`,
    security: [
      'working copies sealed with AES-256-GCM, a key for each parcel, wrapped under the project key',
      'the project key apart from the data, wrapped under a passphrase (scrypt)',
      'console: accounts with two factors, roles, deny by default; command line: whoever has the passphrase',
      'every look on record before data leaves, in a signed Merkle log',
      'two people for every gate and erasure',
    ],
    gaps: systems.flatMap(({ name, end, owner, jurisdiction, agreement }) =>
      Object.entries({ owner, jurisdiction, agreement })
        .filter(([, value]) => value === notNamed)
        .map(([setting]) => `${end} ${name}: ${setting}`),
    ),
  };
}

function names(lines: readonly SystemLine[]): string {
  return lines.map(({ name }) => name).join(', ');
}

/** A thing that holds or moves data about patients. */
export interface Asset {
  asset: string;
  where: string;
  holds: string;
  protection: string;
}

/** One way that data takes. */
export interface DataFlow {
  from: string;
  to: string;
  what: string;
  protection: string;
}

/** The inventory of assets and the map of data flows. */
export interface Inventory {
  format: 'handover-inventory/1';
  project: string;
  version: string;
  systems: SystemLine[];
  assets: Asset[];
  flows: DataFlow[];
  /** Hosts that connections go to; a firewall lets through these and no other. */
  outbound: readonly OutboundHost[];
}

export interface InventoryPlaces {
  version: string;
  project: string;
  parcels: string;
  keyFile: string;
  /** `embedded`, or the host of the database server. */
  control: string;
  ownTarget: string;
  /** Who wraps the project key. */
  keyProvider: string;
  outbound: readonly OutboundHost[];
}

/** Kinds of endpoint that are files of this machine or its own database: nothing leaves it. */
const local = new Set([
  'csv',
  'fixed-width',
  'export-set',
  'sqlite',
  'parquet',
  'excel',
  'share',
  'ndjson',
  'hl7v2',
  'ccda',
  'x12',
]);

export function inventoryOf(document: Document, places: InventoryPlaces): Inventory {
  const systems = systemsOf(document);
  const wire = ({ kind, withoutTls }: SystemLine): string => {
    if (withoutTls !== undefined) return `no verified TLS ${withoutTls}`;
    if (local.has(kind)) return 'files of this machine';
    return kind === 'embedded' ? 'sealed before it is stored' : 'verified TLS, or this machine';
  };
  return {
    format: 'handover-inventory/1',
    project: document.name,
    version: places.version,
    systems,
    assets: [
      {
        asset: 'control database',
        where: places.control,
        holds: 'ledger, audit log, accounts, sealed keys; tokens and counts of patients',
        protection: 'no value of a patient in clear; source keys and plans sealed',
      },
      {
        asset: 'blob store',
        where: places.parcels,
        holds: 'source items, drafts, before-images, documents',
        protection: 'AES-256-GCM, a key for each parcel',
      },
      {
        asset: 'project key',
        where: places.keyFile,
        holds: 'the key that wraps all others',
        protection:
          places.keyProvider === 'passphrase'
            ? 'wrapped under a passphrase (scrypt); mode 0600'
            : `wrapped by ${places.keyProvider}; mode 0600`,
      },
      ...systems
        .filter(({ kind }) => kind === 'embedded')
        .map(({ name }) => ({
          asset: `embedded target ${name}`,
          where: places.ownTarget,
          holds: 'resources with their history',
          protection: 'AES-256-GCM blocks; searched by keyed tokens',
        })),
    ],
    flows: [
      ...systems
        .filter(({ end }) => end === 'source')
        .map((one) => ({
          from: `source ${one.name}`,
          to: 'blob store',
          what: 'source items as read',
          protection: `${wire(one)}; sealed before they are stored`,
        })),
      {
        from: 'blob store',
        to: 'control database',
        what: 'tokens, keyed digests, counts',
        protection: 'no value of a patient',
      },
      ...systems
        .filter(({ end }) => end === 'target')
        .flatMap((one) => [
          {
            from: 'blob store',
            to: `target ${one.name}`,
            what: 'resources',
            protection: wire(one),
          },
          {
            from: `target ${one.name}`,
            to: 'this program',
            what: 'resources read back to be compared; before-images, which are sealed',
            protection: wire(one),
          },
        ]),
    ],
    outbound: places.outbound,
  };
}
