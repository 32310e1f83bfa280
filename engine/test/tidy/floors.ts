/**
 * The house: its floors from the ground up, and the folders of `engine/src` that stand on each.
 * Imports run down only and neighbours do not import each other. Moving a wall is a decision:
 * write it down in docs/decisions, then change this list.
 */
export const floors: readonly (readonly string[])[] = [
  ['base'],
  ['model', 'contract'],
  ['store', 'keys', 'durable', 'query', 'fhirpath'],
  ['formats', 'terminology', 'views'],
  ['quality', 'linkage', 'verification', 'privacy', 'ledger', 'staging', 'audit', 'access'],
  ['connectors', 'mapping'],
  ['run', 'sample'],
  ['server'],
  ['cli'],
];

/** Values in, values out: no input or output, and nothing that does any. */
export const pureFolders: readonly string[] = [
  'model',
  'contract',
  'fhirpath',
  'formats',
  'terminology',
  'views',
  'quality',
  'linkage',
  'verification',
  'privacy',
  'mapping',
];

/** Folders whose files speak to a disk, a database or a network. */
export const inputOutputFolders: readonly string[] = [
  'store',
  'durable',
  'query',
  'keys',
  'staging',
  'audit',
  'access',
  'ledger',
  'connectors',
  'server',
];

/** Parts of Node that compute and do nothing else: the only ones a pure folder may use. */
export const pureNodeModules: readonly string[] = [
  'node:buffer',
  'node:crypto',
  'node:path',
  'node:string_decoder',
  'node:util',
  'node:zlib',
];

/** Packages that speak to something outside; no pure folder imports one. */
export const inputOutputPackages: readonly string[] = [
  '@dbos-inc/dbos-sdk',
  '@duckdb/node-api',
  'fastify',
  'mysql2',
  'mysql2/promise',
  'pg',
  'pg-copy-streams',
  'yauzl',
];

/** Folders that the console and every connector read: not even `node:` types. */
export const nodeFreeFolders: readonly string[] = ['model', 'contract'];

/**
 * Facts are the yardstick that a wrong mapping must not bend, so nothing they reach, directly or
 * by way of others, may be the mapping's own.
 */
export const independent = {
  files: /^engine\/src\/mapping\/facts(\/|\.ts$)/,
  mustNotReach: /^engine\/src\/(mapping\/(?!facts(\/|\.ts$))|fhirpath\/|formats\/)/,
};
