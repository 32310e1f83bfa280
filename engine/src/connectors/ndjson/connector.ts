import { resolve } from 'node:path';
import { z } from 'zod';
import type { Connector } from '../../model/connector.ts';
import { NdjsonTarget } from './target.ts';

export interface NdjsonConfiguration {
  folder: string;
}

const settings = z
  .strictObject({
    folder: z.string().min(1).describe('Where the files go; from the project folder.'),
    plaintext: z
      .literal(true, { error: 'must be true: the files hold patients’ data that anybody can read' })
      .describe('Said by the plan, so that nobody exports unsealed data by mistake.'),
  })
  .describe('A folder of NDJSON files in the layout of a FHIR bulk export, unsealed.');

/** The connector of NDJSON targets; relative folders stand below the project's. */
export function ndjsonConnector(projectFolder: string): Connector<NdjsonConfiguration> {
  return {
    kind: 'ndjson',
    summary: 'Writes a folder of NDJSON files in the layout of a FHIR bulk export, in plain text.',
    configuration: {
      parse(value) {
        const parsed = settings.safeParse(value);
        if (parsed.success) return { value: { folder: parsed.data.folder } };
        const problems = parsed.error.issues.map(({ path, message }) => ({
          path: path.join('.'),
          message,
        }));
        return { problems };
      },
      jsonSchema: () => z.toJSONSchema(settings, { io: 'input' }),
    },
    target: {
      capabilities: {
        ids: 'client',
        conditional: true,
        references: 'any order',
        transactions: true,
        remove: true,
        revert: false,
        history: false,
        labels: true,
        sideEffects: 'none',
      },
      create: ({ folder }, services) => new NdjsonTarget(resolve(projectFolder, folder), services),
    },
  };
}
