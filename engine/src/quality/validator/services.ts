import type { Definitions } from './definitions/store.ts';
import type { ProfileChecks } from './profiles/profileChecks.ts';
import type { Terminology } from './codes/terminology.ts';
import type { TypeChecks } from './typeChecks.ts';
import type { Walk } from './walk.ts';

/** What the parts of a compiled validator know of each other. */
export interface Services {
  readonly definitions: Definitions;
  readonly terminology: Terminology;
  readonly types: TypeChecks;
  readonly profiles: ProfileChecks;
  /** Judge a resource that stands in another, at the place of the walk. */
  innerResource(value: unknown, walk: Walk, contained: boolean): void;
}
