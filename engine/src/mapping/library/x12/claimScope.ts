import type { Loop } from '../../../formats/x12/loop.ts';
import type { Element, Resource } from '../resource.ts';
import type { CareTeam } from './careTeam.ts';
import type { ClaimFacts } from './claimFacts.ts';
import type { Conversion } from './conversion.ts';

/** What is known of a claim while its lines are read. */
export interface ClaimScope {
  conversion: Conversion;
  claim: Resource;
  /** Tells the claim apart from all others. */
  key: string;
  loop: Loop;
  team: CareTeam;
  facts: ClaimFacts;
  /** CLM05-1 of a professional or dental claim: where it was, unless a line says otherwise. */
  place: Element | undefined;
  /** How many diagnoses HI gave. */
  diagnoses: number;
}
