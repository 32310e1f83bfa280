import { featureBits, featureCount, featuresAt, type Seen } from './features.ts';

/** What the tagger tells apart; each as it begins (`B`) and as it goes on (`I`). */
export const taggedKinds = [
  'person',
  'address',
  'location',
  'organisation',
  'date',
  'phone',
  'id',
] as const;

export type TaggedKind = (typeof taggedKinds)[number];

/** 0 is nothing; 1 + 2k begins kind k, 2 + 2k goes on. */
export const labelCount = 1 + 2 * taggedKinds.length;

/** A row of weights for each feature: 16 wide, so that a place is a shift. */
export const rowShift = 4;

/** Weights by feature place and label. */
export type Weights = Int8Array | Float32Array;

export function emptyWeights(): Float32Array {
  return new Float32Array(1 << (featureBits + rowShift));
}

/** Scratch that is used from text to text. */
const features = new Int32Array(featureCount);
const scores = new Float64Array(labelCount);

/**
 * The label of each token, from the left, each with regard to the two before it. A kind goes on only
 * where it began.
 */
export function tag(weights: Weights, sight: readonly Seen[], given?: LabelBias): Uint8Array {
  const labels = new Uint8Array(sight.length);
  let before = 0;
  let beforeLast = 0;
  for (let at = 0; at < sight.length; at++) {
    featuresAt(sight, at, before, beforeLast, features);
    scoreInto(weights, features, scores);
    if (given) for (let label = 0; label < labelCount; label++) scores[label]! += given[label]!;
    const best = bestLabel(scores, before);
    labels[at] = best;
    beforeLast = before;
    before = best;
  }
  return labels;
}

/** Added to the score of each label: to find more of a kind, at the cost of finding too much. */
export type LabelBias = Float64Array;

export function scoreInto(weights: Weights, places: Int32Array, into: Float64Array): void {
  into.fill(0);
  for (const place of places) {
    const row = place << rowShift;
    for (let label = 0; label < labelCount; label++) into[label]! += weights[row + label]!;
  }
}

export function bestLabel(from: Float64Array, before: number): number {
  let best = 0;
  for (let label = 1; label < labelCount; label++) {
    if (from[label]! > from[best]! && mayFollow(label, before)) best = label;
  }
  return best;
}

/** `I` follows only `B` or `I` of its own kind. */
function mayFollow(label: number, before: number): boolean {
  if (label % 2 === 1) return true;
  return before === label || before === label - 1;
}

/** The bias of labels by kind. */
export function biasOf(kinds: Readonly<Partial<Record<TaggedKind, number>>>): LabelBias {
  const bias = new Float64Array(labelCount);
  for (const [at, kind] of taggedKinds.entries()) {
    bias[1 + 2 * at] = kinds[kind] ?? 0;
    bias[2 + 2 * at] = kinds[kind] ?? 0;
  }
  return bias;
}

/** The kind of a label; undefined for nothing. */
export function kindOfLabel(label: number): TaggedKind | undefined {
  return label === 0 ? undefined : taggedKinds[(label - 1) >> 1];
}

export function beginOf(kind: TaggedKind): number {
  return 1 + 2 * taggedKinds.indexOf(kind);
}

export function goesOnOf(kind: TaggedKind): number {
  return 2 + 2 * taggedKinds.indexOf(kind);
}
