import type { TaggedKind } from '../../engine/src/privacy/tagger.ts';

/** A piece of a made sentence, and what it is. */
export interface Piece {
  text: string;
  kind?: TaggedKind | 'email' | 'url' | 'ip' | 'age' | undefined;
}

/** Makes what stands in a slot of a template. */
export type Filler = () => Piece[];

/** A slot that is one piece of one kind. */
export function slotOf(kind: Piece['kind'], text: () => string): Filler {
  return () => [{ text: text(), kind }];
}
