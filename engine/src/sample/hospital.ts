import type { Table } from './table.ts';
import { allergies } from './tables/allergies.ts';
import { encounters } from './tables/encounters.ts';
import { medications } from './tables/medications.ts';
import { providers } from './tables/providers.ts';
import { ptDemog } from './tables/ptDemog.ts';

/** The tables of the sample, in the order in which they are written. */
export const hospital: readonly Table[] = [providers, ptDemog, encounters, allergies, medications];
