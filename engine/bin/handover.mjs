#!/usr/bin/env node
/**
 * `handover` as a command. Plain JavaScript, so that a Node too old for the engine still reaches
 * the bootstrap of the checkout, which finds or installs the one the lockfile pins.
 */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const bootstrap = new URL('../../scripts/bootstrap.mjs', import.meta.url);
const main = new URL('../src/cli/main.ts', import.meta.url);

if (existsSync(bootstrap)) {
  process.argv.splice(2, 0, 'handover');
  await import(bootstrap.href);
} else if (Number(process.versions.node.split('.')[0]) >= 24) {
  const option = '--max-semi-space-size=16';
  // As the bootstrap of a checkout has it: memory of a conversion does not rise with its input.
  const isWanted = process.argv.includes('convert') && !process.execArgv.includes(option);
  if (isWanted && process.platform !== 'win32') {
    process.removeAllListeners('warning');
    const words = [process.execPath, option, fileURLToPath(import.meta.url)];
    process.execve(process.execPath, [...words, ...process.argv.slice(2)]);
  }
  await import(main.href);
} else {
  process.stderr.write(`handover: needs Node 24 or newer, and this one is ${process.version}.\n`);
  process.exit(1);
}
