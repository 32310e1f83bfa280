import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const main = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));

/** Tells on stderr each module that is loaded. */
const telling = `data:text/javascript,${encodeURIComponent(`
  import { registerHooks } from 'node:module';
  registerHooks({ load: (url, context, next) => (console.error(url), next(url, context)) });`)}`;

/** Together as much to load as all the rest, and needed by few commands. */
const heavy = ['@duckdb', 'fastify', 'mysql2', 'write-excel-file'];

test('a start loads no package that only few commands need', async () => {
  const command = [`--import=${telling}`, main, '--help'];
  const { stderr } = await promisify(execFile)(process.execPath, command, { maxBuffer: 1 << 24 });
  assert.match(stderr, /node_modules\/commander\//);
  const loaded = heavy.filter((name) => stderr.includes(`/node_modules/${name}/`));
  assert.deepEqual(loaded, []);
});
