import { taggedKinds, type TaggedKind } from './tagger.ts';
import type { Token } from './tokens.ts';

/** Tokens that the model takes for one thing. */
export interface Span {
  kind: TaggedKind;
  start: number;
  end: number;
  tokens: readonly Token[];
}

/** Labels of tokens as spans, without the signs and line breaks at their ends. */
export function modelSpans(tokens: readonly Token[], labels: Uint8Array): Span[] {
  const spans: Span[] = [];
  for (let at = 0; at < tokens.length; at++) {
    const label = labels[at] as number;
    if (label === 0) continue;
    const on = label % 2 === 1 ? label + 1 : label;
    let next = at + 1;
    while (labels[next] === on) next++;
    const kind = taggedKinds[(label - 1) >> 1] as TaggedKind;
    const own = trimmed(tokens.slice(at, next));
    const [first] = own;
    const last = own.at(-1);
    if (first && last) spans.push({ kind, start: first.start, end: last.end, tokens: own });
    at = next - 1;
  }
  return spans;
}

function trimmed(tokens: Token[]): Token[] {
  const holds = ({ kind, text }: Token): boolean =>
    kind === 'word' || kind === 'number' || text === '#';
  const first = tokens.findIndex(holds);
  const last = tokens.findLastIndex(holds);
  // The full stop of `Jr.` and of `St.` belongs to the word.
  const stop = tokens[last + 1]?.text === '.' ? 1 : 0;
  return first === -1 ? [] : tokens.slice(first, last + 1 + stop);
}
