import { hmacSha256Hex } from '../../base/digest.ts';
import { targetConformance } from '../conformance/target.ts';
import { MemoryTarget } from './target.ts';

const digest = hmacSha256Hex(Buffer.from('a key for tests'));

targetConformance('memory', async () => ({
  target: new MemoryTarget(digest),
  capabilities: {
    ids: 'client',
    conditional: true,
    references: 'any order',
    transactions: true,
    remove: true,
    revert: true,
    history: false,
    labels: false,
    sideEffects: 'none',
  },
  digest,
  dispose: async () => undefined,
}));
