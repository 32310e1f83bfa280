import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { systemRandom } from '../base/random.ts';
import { createProjectKey } from './keyFile.ts';

/**
 * Give a new project, in which nothing is sealed yet, another key, one whose passphrase takes a third
 * of the time to stretch: tests start the program many hundred times.
 */
export async function quickenKey(project: string): Promise<void> {
  const state = join(project, '.handover');
  const keyFile = join(state, 'key.json');
  await rm(keyFile);
  const files = { keyFile, passphraseFile: join(state, 'passphrase'), random: systemRandom };
  await createProjectKey(files, { n: 2 ** 15, r: 8, p: 1 });
}
