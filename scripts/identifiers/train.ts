/**
 * Trains the tagger of identifiers on sentences made here, and writes its weights:
 * `node scripts/identifiers/train.ts [--sentences N] [--seed S]`. The same seed gives the same file.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { seededRandom } from '../../engine/src/base/random.ts';
import { packWeights } from '../../engine/src/privacy/weights.ts';
import { sentences } from './sentences.ts';
import { train } from './perceptron.ts';

const { values } = parseArgs({
  options: {
    sentences: { type: 'string', default: '120000' },
    seed: { type: 'string', default: '1' },
    rounds: { type: 'string', default: '4' },
  },
});
const random = seededRandom(`identifiers ${values.seed}`);
const templates = readFileSync(join(import.meta.dirname, 'templates.txt'), 'utf8')
  .split('\n')
  .filter((line) => line !== '' && !line.startsWith('#'));
const made = sentences(random, templates, Number(values.sentences));
const weights = train(random, made, Number(values.rounds), (line) =>
  process.stderr.write(`${line}\n`),
);
const file = join(import.meta.dirname, '../../engine/src/privacy/model/weights.json');
writeFileSync(file, `${JSON.stringify(packWeights(weights))}\n`);
