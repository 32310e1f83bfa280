/** A segment or group at its place in a structure. */
export interface StructureNode {
  /** Names of the segments that may stand here; of a group, its own. */
  names: readonly string[];
  repeats: boolean;
  required: boolean;
  /** Children of a group, in order. */
  children: readonly StructureNode[] | undefined;
  /** Segments that stand somewhere below; of a segment, itself. */
  holds: ReadonlySet<string>;
}

/** A structure is a group that nothing is around. */
export type Structure = StructureNode;

/** Compile the notation of `structures.ts`. */
export function compileStructure(text: string): Structure {
  const tokens = text.match(/[A-Z0-9_,]+|[()?*+]/g) ?? [];
  let at = 0;
  return group('');

  function group(name: string): StructureNode {
    const children: StructureNode[] = [];
    while (at < tokens.length && tokens[at] !== ')') children.push(child());
    const holds = new Set(children.flatMap((each) => [...each.holds]));
    return { names: [name], repeats: false, required: true, children, holds };
  }

  function child(): StructureNode {
    const name = tokens[at++] as string;
    if (tokens[at] !== '(') {
      const names = name.split(',');
      return { names, ...occurrence(), children: undefined, holds: new Set(names) };
    }
    at++;
    const found = group(name);
    at++;
    return { ...found, ...occurrence() };
  }

  function occurrence(): { repeats: boolean; required: boolean } {
    const mark = tokens[at] ?? '';
    if (/^[?*+]$/.test(mark)) at++;
    return { repeats: mark === '*' || mark === '+', required: mark !== '?' && mark !== '*' };
  }
}
