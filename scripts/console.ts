/**
 * `npm run console [-- OPTION…]`: build the console's pages where they are older than their sources,
 * then run `handover console` with the same options.
 */
import { spawn } from 'node:child_process';
import * as path from 'node:path';
import { buildConsole } from './console/build.ts';
import { root } from './runner/checks.ts';

const say = (line: string): void => void process.stderr.write(`${line}\n`);
if (await buildConsole()) say('handover: the pages of the console were built');
const main = path.join(root, 'engine/src/cli/main.ts');
const words = process.argv.slice(2);
const child = spawn(process.execPath, [main, 'console', ...words], {
  stdio: 'inherit',
  cwd: process.env['INIT_CWD'] ?? process.cwd(),
});
process.on('SIGINT', () => undefined);
process.on('SIGTERM', () => child.kill('SIGTERM'));
child.on('close', (code) => {
  process.exitCode = code ?? 1;
});
