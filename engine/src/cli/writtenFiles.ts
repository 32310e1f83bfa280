/** Files that people write and editors complete; `schemas.ts` has the JSON Schema of each. */
export const writtenFiles = ['plan', 'mapping', 'access', 'keys'] as const;

export type WrittenFile = (typeof writtenFiles)[number];
