/**
 * What to do about an error whose own words cannot say it: those thrown where nobody knows what the
 * reader was doing. Merged into docs/reference/errors.md; a code that the engine no longer has is
 * refused there.
 */
const defect = 'A defect of Handover: report it with the code.';

export const errorRemarks: Readonly<Record<string, string>> = {
  'database-refused': 'A defect of Handover: report it with the SQLSTATE. Nothing was committed.',
  'durable-cancelled': 'Begin a new run, or resume this one.',
  'durable-id-refused': defect,
  'durable-id-taken': defect,
  'durable-launched': defect,
  'durable-not-found': 'See what there is with `handover status`.',
  'durable-not-launched': defect,
  'durable-not-registered': 'Use the version of Handover that began the run.',
  'phase-unknown': 'Use the version of Handover that began the run.',
  'related-needed': defect,
  'schema-numbering': 'A defect of the build: report it.',
  'target-unnamed': defect,
};
