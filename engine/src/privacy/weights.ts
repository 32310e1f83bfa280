import { brotliCompressSync, brotliDecompressSync, constants } from 'node:zlib';
import { featureBits } from './features.ts';
import { rowShift } from './tagger.ts';
import packed from './model/weights.json' with { type: 'json' };

/** The trained table as it is kept: one byte a weight, brotli, base64. */
export interface PackedWeights {
  /** Value of the byte 1. */
  unit: number;
  weights: string;
}

let unpacked: Int8Array | undefined;

/** The trained weights, scaled so that they are whole numbers. */
export function trainedWeights(): Int8Array {
  if (unpacked === undefined) {
    const bytes = brotliDecompressSync(Buffer.from(packed.weights, 'base64'));
    if (bytes.length !== 1 << (featureBits + rowShift)) throw new Error('weights of another shape');
    unpacked = new Int8Array(bytes.buffer, bytes.byteOffset, bytes.length);
  }
  return unpacked;
}

/** Round to bytes: the largest half a per mille is cut, what rounds to nothing is dropped. */
export function packWeights(weights: Float32Array): PackedWeights {
  const sizes = weights
    .filter((weight) => weight !== 0)
    .map(Math.abs)
    .toSorted();
  const unit = (sizes[Math.floor(sizes.length * 0.9995)] ?? 1) / 127;
  const bytes = Int8Array.from(weights, (weight) =>
    Math.max(-127, Math.min(127, Math.round(weight / unit))),
  );
  const packedBytes = brotliCompressSync(new Uint8Array(bytes.buffer), {
    params: { [constants.BROTLI_PARAM_QUALITY]: 9, [constants.BROTLI_PARAM_LGWIN]: 24 },
  });
  return { unit, weights: packedBytes.toString('base64') };
}
