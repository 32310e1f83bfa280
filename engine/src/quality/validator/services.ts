import type { Terminology } from './codes/terminology.ts';
import type { Definitions } from './definitions/store.ts';
import type { ObjectCheck } from './objectCheck.ts';
import type { ProfileNode } from './profiles/tree.ts';
import type { Walk } from './walk.ts';

/** R4's own types, compiled. */
export interface Types {
  /** The check of a resource type or complex datatype; undefined for what R4 does not have. */
  object(name: string): ObjectCheck | undefined;
  isPrimitive(name: string): boolean;
  /** A type and those it derives from, nearest first. */
  ancestors(name: string): readonly string[];
}

/** Profiles by canonical, compiled. */
export interface Profiles {
  /** Judge a value by a profile; its type has judged it already. */
  run(canonical: string, value: unknown, walk: Walk): void;
  /** Judge a value by the profiles of which it needs to conform to one; `code` if to none. */
  anyOf(canonicals: readonly string[], value: unknown, walk: Walk, code?: string): void;
  /** Whether a value conforms to a profile, as far as that can be told. */
  conforms(canonical: string, value: unknown, walk: Walk): boolean;
  isLoaded(canonical: string): boolean;
  /** The tree of a profile, for who must find an element in it. */
  root(canonical: string): ProfileNode | undefined;
}

/** What the parts of a compiled validator know of each other. */
export interface Services {
  readonly definitions: Definitions;
  readonly terminology: Terminology;
  readonly types: Types;
  readonly profiles: Profiles;
  /** Judge a resource that stands in another, at the place of the walk. */
  innerResource(value: unknown, walk: Walk, contained: boolean): void;
}
