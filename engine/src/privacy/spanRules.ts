import { wordBits, wordBitsOf } from './gazetteer.ts';
import type { Span } from './modelSpans.ts';
import { isCapital, isCommon, isParticle } from './nameRules.ts';
import type { Token } from './tokens.ts';

/** Words that make an organisation of the name before them. */
const organisations = new Set(
  'inc incorporated ltd limited llc llp plc corp corporation company co group gmbh ag sa bv technologies technology associates partners bank hospital clinic university college institute insurance systems solutions agency foundation council ministry department center centre laboratories labs pharmacy industries holdings consulting software services international records orchestra association society'.split(
    ' ',
  ),
);

/**
 * What the model took for one thing, by what its words are: a name before `Ltd.` is an organisation,
 * a given name and another name are a person, words of every day that nobody is called are neither
 * a person nor an address.
 */
export function withSense(
  spans: readonly Span[],
  tokens: readonly Token[],
  cased: boolean,
): Span[] {
  return spans.flatMap((span) => {
    const sensible = cased ? withoutTail(span) : span;
    if (sensible === undefined) return [];
    const kind = kindBySense(sensible, tokens, cased);
    return kind === undefined ? [] : [{ ...sensible, kind }];
  });
}

function kindBySense(
  span: Span,
  tokens: readonly Token[],
  cased: boolean,
): Span['kind'] | undefined {
  const words = span.tokens.filter(({ kind }) => kind === 'word');
  if (span.kind === 'person') {
    const next = tokens.find(({ start }) => start >= span.end);
    if ([...words.slice(1), ...(next ? [next] : [])].some(isOrganisation)) return 'organisation';
    return cased && words.every(isMereWord) ? undefined : 'person';
  }
  if (span.kind === 'organisation' && words.length > 1 && words.length < 4) {
    const [first] = words;
    const named = first && (wordBitsOf(first.folded) & wordBits.given) !== 0 && !isCommon(first);
    const alone = span.tokens.every(({ kind, text }) => kind === 'word' || text === '.');
    return named && alone && !words.some(isOrganisation) && !words.slice(1).some(isCommon)
      ? 'person'
      : span.kind;
  }
  const digits = span.tokens.some(({ kind }) => kind === 'number');
  return span.kind === 'address' && !digits && words.every(isCommon) ? undefined : span.kind;
}

function isOrganisation({ folded }: Token): boolean {
  return organisations.has(folded);
}

/** A word of every day that is on no list of names. */
function isMereWord(token: Token): boolean {
  const names = wordBits.given | wordBits.family;
  return isCommon(token) && (wordBitsOf(token.folded) & names) === 0;
}

/** An address without the small words of the sentence that goes on behind it. */
function withoutTail(span: Span): Span | undefined {
  if (span.kind !== 'address') return span;
  const last = span.tokens.findLastIndex(
    (token) => token.kind === 'number' || (token.kind === 'word' && !isSentence(token)),
  );
  if (last === span.tokens.length - 1) return span;
  const tokens = span.tokens.slice(0, last + 1);
  const end = tokens.at(-1)?.end;
  return end === undefined ? undefined : { ...span, tokens, end };
}

function isSentence(token: Token): boolean {
  const street = (wordBitsOf(token.folded) & wordBits.streetType) !== 0;
  return !isCapital(token) && isCommon(token) && !street && !isParticle(token);
}
