/**
 * The words hospital people read on screens, in reports and on the certificate, beside the word the
 * engine uses. One table, so that no screen invents its own.
 */
export const screenWords = {
  record: 'source item',
  document: 'parsed item',
  verified: 'read-back matches',
  finding: 'difference',
  quarantined: 'held for review',
  merged: 'combined',
  cutover: 'go-live',
} as const;

/** Stands at the head of every report and certificate. */
export const evidenceNotice =
  'Evidence of what was moved and compared; not a certification of clinical correctness nor of ' +
  'ONC conformance.';
