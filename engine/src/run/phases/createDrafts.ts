import { failureOf, HandoverError } from '../../base/errors.ts';
import { packTypes } from '../../ledger/entries.ts';
import type { IntentState } from '../../ledger/intents.ts';
import type { Creations, Target } from '../../model/target.ts';
import { gatherItems } from '../../staging/packedItems.ts';
import type { PackedDrafts } from '../drafts.ts';

/**
 * `nothing`: nothing was intended either. `doubtful`: it was, over nothing, and the target is to be asked
 * what came of it. `lost`: another attempt has taken over.
 */
export type CreateEnd = 'all' | 'nothing' | 'doubtful' | 'lost';

/**
 * Create drafts where nothing stands, all in one go and column by column, where the target can: a
 * first load is nothing else, and an object for each draft would cost as much as its row. The intent is
 * committed when the target holds them ready, and has found that nothing stands there: there is no
 * before-image to ask for.
 */
export async function createDrafts(
  { target, intend }: { target: Target; intend: () => Promise<IntentState> },
  drafts: PackedDrafts,
  ordinals: readonly number[],
  signal: AbortSignal,
): Promise<CreateEnd> {
  const all = creationsOf(drafts, ordinals);
  if (target.create === undefined || all === undefined) return 'nothing';
  const intent = new IntentWithin(intend);
  try {
    if (await target.create(all, () => intent.commit(), signal)) return 'all';
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof HandoverError) || failureOf(error) === 'permanent') throw error;
  }
  return intent.end();
}

/** An intent that is committed while a target holds everything ready; its failure is not the target's. */
class IntentWithin {
  readonly #intend: () => Promise<IntentState>;
  #state: IntentState | undefined;
  #failure: { cause: unknown } | undefined;

  constructor(intend: () => Promise<IntentState>) {
    this.#intend = intend;
  }

  async commit(): Promise<boolean> {
    try {
      this.#state = await this.#intend();
    } catch (cause) {
      this.#failure = { cause };
    }
    return this.#state === 'first';
  }

  /** What is known where not all were created. @throws what committing threw. */
  end(): Exclude<CreateEnd, 'all'> {
    if (this.#failure) throw this.#failure.cause;
    if (this.#state === 'lost') return 'lost';
    return this.#state === 'first' ? 'doubtful' : 'nothing';
  }
}

/** Undefined where digests are not known beforehand, or objects are yet to be filled in. */
function creationsOf(drafts: PackedDrafts, ordinals: readonly number[]): Creations | undefined {
  const { digests, objects } = drafts;
  if (ordinals.length === 0 || digests === undefined) return undefined;
  if (objects !== undefined && ordinals.some((at) => objects[at]?.length)) return undefined;
  const { types, typeOf } = packTypes(ordinals.map((at) => drafts.types[at] as string));
  const isWhole = ordinals.length === drafts.ids.length;
  return {
    types,
    typeOf,
    ids: isWhole ? drafts.ids : ordinals.map((at) => drafts.ids[at] as string),
    digests: isWhole ? digests : gatherFixed(digests, ordinals, 32),
    ...(isWhole ? drafts.bodies : gatherItems(drafts.bodies, ordinals)),
  };
}

function gatherFixed(bytes: Buffer, places: readonly number[], width: number): Buffer {
  const gathered = Buffer.allocUnsafe(places.length * width);
  for (const [to, from] of places.entries()) {
    bytes.copy(gathered, to * width, from * width, (from + 1) * width);
  }
  return gathered;
}
