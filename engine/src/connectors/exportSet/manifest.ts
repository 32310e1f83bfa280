import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { systemCode } from '../../base/errors.ts';
import { fileFailure } from '../csv/failure.ts';
import { deliveryDiffers, manifestInvalid, type FileDifference } from './failure.ts';

const manifestSchema = z.looseObject({
  delivery: z.int(),
  files: z
    .array(
      z.looseObject({
        /** From the folder of the delivery. */
        file: z.string().min(1),
        sha256: z.string().regex(/^[0-9a-f]{64}$/i, 'expected 64 hexadecimal digits'),
        records: z.int().min(0).optional(),
      }),
    )
    .min(1),
});

/** What the sender says was sent. */
export type Manifest = z.infer<typeof manifestSchema>;

/** @throws HandoverError `source-file-missing`, `export-manifest-invalid`. */
export async function readManifest(folder: string, name: string): Promise<Manifest> {
  const path = join(folder, name);
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw fileFailure(error, path);
  });
  const judged = manifestSchema.safeParse(parseJson(text));
  if (judged.success) return judged.data;
  const [first] = judged.error.issues;
  throw manifestInvalid(name, `${first?.path.join('.') ?? ''}: ${first?.message ?? ''}`);
}

/**
 * Compare every file with its digest.
 * @throws HandoverError `export-differs` that names every file that is missing or another.
 */
export async function verifyDigests(folder: string, { files }: Manifest): Promise<void> {
  const differences: FileDifference[] = [];
  for (const { file, sha256 } of files) {
    const found = await digestOf(join(folder, file));
    if (found === undefined) differences.push({ file, what: 'missing' });
    else if (found !== sha256.toLowerCase()) differences.push({ file, what: 'digest' });
  }
  if (differences.length > 0) throw deliveryDiffers(differences);
}

/** SHA-256 as hex; undefined when there is no such file. */
async function digestOf(path: string): Promise<string | undefined> {
  const digest = createHash('sha256');
  try {
    for await (const bytes of createReadStream(path)) digest.update(bytes as Buffer);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw fileFailure(error, path);
  }
  return digest.digest('hex');
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
