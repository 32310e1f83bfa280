import type { ErasureRequest } from '../../ledger/erasures.ts';
import type { ErasedOfSubject } from './erase.ts';
import type { PurgedRun } from './purge.ts';

/** What was erased at a target. */
export interface ErasedAtTarget {
  target: string;
  resources: number;
  versions: number;
}

/** One kind of medium, as a certificate of sanitisation names it (NIST SP 800-88r2). */
export interface SanitisedMedium {
  medium: string;
  place: string;
  /** `purge` by cryptographic erase, or `clear`: overwritten or taken out by the system's own commands. */
  method: 'clear' | 'purge';
  technique: string;
  count: number;
  verification: string;
}

/** What is signed: who erased what, how, and what is left. It holds nothing of a patient. */
export interface SanitisationRecord {
  format: 'handover-sanitisation/1';
  standard: 'NIST SP 800-88r2';
  request: string;
  scope: 'patient' | 'run';
  runs: string[];
  askedForBy: string;
  approvedBy: string[];
  carriedOutBy: string;
  erasedAt: string;
  tool: string;
  keyFingerprint: string;
  confidentiality: 'PHI';
  media: SanitisedMedium[];
  /** What this erasure did not reach, and who has to. */
  left: string[];
}

export interface SanitisationParts {
  request: ErasureRequest;
  subjects: readonly ErasedOfSubject[];
  purged: PurgedRun | undefined;
  targets: readonly ErasedAtTarget[];
  /** Targets of the plans that were not touched, with the reason. */
  untouched: readonly { target: string; reason: string }[];
  by: string;
  at: Date;
  tool: string;
  keyFingerprint: string;
}

const cryptographicErase =
  'cryptographic erase: the data key (AES-256-GCM, 32 bytes) was destroyed; what is left of others was sealed again under a new one';

/** The record of an erasure that was carried out. */
export function sanitisationRecord(parts: SanitisationParts): SanitisationRecord {
  const { request, subjects, purged, targets, by, at, tool, keyFingerprint } = parts;
  return {
    format: 'handover-sanitisation/1',
    standard: 'NIST SP 800-88r2',
    request: request.id,
    scope: request.scope,
    runs: purged === undefined ? subjects.map(({ run }) => run) : [purged.run],
    askedForBy: request.author,
    approvedBy: request.approvers,
    carriedOutBy: by,
    erasedAt: at.toISOString(),
    tool,
    keyFingerprint,
    confidentiality: 'PHI',
    media: [
      ...(purged === undefined ? subjectMedia(subjects) : purgedMedia(purged)),
      ...targets.map(targetMedium),
    ].filter(({ count }) => count > 0),
    left: leftOf(parts),
  };
}

function subjectMedia(subjects: readonly ErasedOfSubject[]): SanitisedMedium[] {
  const sum = (of: (one: ErasedOfSubject) => number): number =>
    subjects.reduce((total, one) => total + of(one), 0);
  return [
    {
      medium: 'parcels (source items, drafts, before-images, documents)',
      place: 'blob store',
      method: 'purge',
      technique: cryptographicErase,
      count: sum(({ parcels }) => parcels),
      verification:
        'each former parcel is absent, each new one opens and holds no byte of the person',
    },
    {
      medium: 'groups of joined rows',
      place: 'control database, handover.joined',
      method: 'purge',
      technique: cryptographicErase,
      count: sum(({ joined }) => joined),
      verification: 'the keys of the groups were replaced, and the table of keys rewritten',
    },
    {
      medium: 'what messages told',
      place: 'control database, handover.telling',
      method: 'clear',
      technique: 'rows deleted',
      count: sum(({ tellings }) => tellings),
      verification: 'no row stands under a token of the person',
    },
    {
      medium: 'what charts kept of combined records',
      place: 'control database, handover.charted and handover.brought_chart',
      method: 'clear',
      technique: 'values replaced by empty ones; the tables written anew',
      count: sum(({ charted }) => charted),
      verification: 'every value under a token of the person opens and is empty',
    },
  ];
}

function purgedMedia({ parcels, blobs, joined, tellings }: PurgedRun): SanitisedMedium[] {
  return [
    {
      medium: 'parcels (source items, drafts, before-images, documents)',
      place: 'blob store',
      method: 'purge',
      technique: 'cryptographic erase: every data key (AES-256-GCM, 32 bytes) was destroyed',
      count: parcels,
      verification: `no key is left in the ledger; ${blobs} blobs were removed, none is listed`,
    },
    {
      medium: 'groups of joined rows',
      place: 'control database, handover.joined',
      method: 'purge',
      technique: 'cryptographic erase: keys and rows deleted',
      count: joined,
      verification: 'no row of the run is left',
    },
    {
      medium: 'what messages told',
      place: 'control database, handover.telling',
      method: 'clear',
      technique: 'rows deleted',
      count: tellings,
      verification: 'no row of the run is left',
    },
  ];
}

function targetMedium({ target, versions }: ErasedAtTarget): SanitisedMedium {
  return {
    medium: 'versions of resources',
    place: `embedded target ${target}`,
    method: 'clear',
    technique: 'rows deleted; the blocks they stood in sealed again without them',
    count: versions,
    verification: 'no version of the resources is found',
  };
}

function leftOf({ subjects, purged, untouched }: SanitisationParts): string[] {
  const shared = subjects.reduce((total, one) => total + one.shared, 0);
  return [
    'Ledger, audit log and certificates: tokens, counts, codes and keyed digests stay, so that they add up.',
    'Backups and the write-ahead log of the control database from before still hold former data keys, wrapped under the project key: let them expire, or destroy them, or rotate the key and destroy every copy of the former key file.',
    'Cursors of slices and reasons given for decisions stay sealed under the project key.',
    ...(purged === undefined
      ? []
      : [
          'What a chart keeps of a record that was combined with it stays sealed (handover.charted, handover.brought_chart): later runs compare with it.',
        ]),
    'Inboxes of live feeds hold what they received until it is purged (handover inbox purge).',
    'Keyed tokens of the person stay, so that a later run knows them and leaves them out.',
    'Files that were handed out (sample packets, reports, exports) are with those who have them.',
    ...(shared > 0 ? [`${shared} source items are of others as well, and stay.`] : []),
    ...untouched.map(({ target, reason }) => `Target ${target}: ${reason}`),
  ];
}
