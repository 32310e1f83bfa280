import { ccda } from './ccda.ts';
import { hl7v2 } from './hl7v2.ts';
import { x12 } from './x12.ts';
import type { Standard } from './standard.ts';

/** Every standard that a mapping file may name, by its name. */
export const standards: ReadonlyMap<string, Standard> = new Map(
  [hl7v2, ccda, x12].map((standard) => [standard.name, standard]),
);
