import { seen } from './features.ts';
import { findForms, type Found } from './forms.ts';
import type { Identifier } from './identifier.ts';
import { joinPlaces } from './joinPlaces.ts';
import { findKnown, type KnownValue } from './knownValues.ts';
import { isCapital, isCased, isCommon, withNames } from './nameRules.ts';
import { modelSpans, type Span } from './modelSpans.ts';
import { findNumbers } from './numberForms.ts';
import { findPlaces } from './placeForms.ts';
import { Places } from './places.ts';
import { withSense } from './spanRules.ts';
import { biasOf, tag, type Weights } from './tagger.ts';
import { tokensOf, type Token } from './tokens.ts';
import { trainedWeights } from './weights.ts';

/** More is found than the model alone would: a name missed is worse than a word too much. */
const bias = biasOf({ person: 28, address: 40, location: 20 });

/** Finds identifiers in texts. It flags; it never says that a text holds none. */
export class Detector {
  readonly #weights: Weights;

  constructor(weights: Weights = trainedWeights()) {
    this.#weights = weights;
  }

  /** Places in order, none over another; `known` are values of the same record's fields. */
  find(text: string, known: readonly KnownValue[] = []): Identifier[] {
    const tokens = tokensOf(text);
    const sight = tokens.map((token) => seen(token));
    const cased = isCased(tokens);
    const labels = withNames(tokens, tag(this.#weights, sight, bias), cased);
    const spans = withSense(modelSpans(tokens, labels), tokens, cased);
    const taken = new Places(text.length);
    const forms = [
      ...findKnown(text, tokens, known),
      ...findPlaces(text),
      ...findForms(text),
      ...findNumbers(text),
    ];
    for (const form of forms) if (form.strength === 'strong') taken.put(form);
    for (const form of forms) {
      if (form.strength === 'weak' && form.kind !== 'address') putWeak(taken, form, spans, forms);
    }
    for (const span of spans) putSpan(taken, span, text);
    for (const form of forms) if (form.kind === 'address') taken.put(form);
    return joinPlaces(taken.inOrder(), text);
  }
}

/** A form that could be several things is what the model takes it for. */
function putWeak(
  taken: Places,
  form: Found,
  spans: readonly Span[],
  forms: readonly Found[],
): void {
  const over = spans.filter(({ start, end }) => start <= form.end + 1 && end > form.start);
  if (over.some(({ kind }) => kind === 'address')) return;
  const inAddress = ({ kind, start, end }: Found): boolean =>
    kind === 'address' && start <= form.start && end >= form.end;
  if (forms.some(inAddress)) return;
  const [first] = over.filter(({ start }) => start < form.end);
  if (first === undefined) {
    if (form.kind !== 'id' || isLong(form)) taken.put(form);
    return;
  }
  const { kind } = first;
  if (form.kind === 'date' || form.kind === 'url') {
    if (kind !== 'phone' && kind !== 'id') taken.put(form);
  } else if (kind === 'phone' || kind === 'id') {
    taken.put({
      ...form,
      kind: form.kind === 'phone' && form.foreign ? 'phone' : kind,
      by: 'model',
    });
  } else if (isLong(form)) taken.put(form);
}

function isLong({ start, end }: Found): boolean {
  return end - start >= 7;
}

function mayBePart(token: Token): boolean {
  return (
    token.kind === 'word' &&
    isCapital(token) &&
    token.text.length > 1 &&
    !isCommon(token) &&
    token.folded !== 'fax'
  );
}

/** What the model says, where no form says otherwise. */
function putSpan(taken: Places, { kind, start, end, tokens }: Span, text: string): void {
  if (taken.isFree(start, end)) {
    const digits = text.slice(start, end).replaceAll(/\D/g, '').length;
    const enough = kind === 'phone' ? 6 : kind === 'id' ? 4 : kind === 'date' ? 1 : 0;
    if (digits >= enough && !(kind === 'date' && digits > 8))
      taken.put({ kind, start, end, by: 'model' });
    return;
  }
  if (kind === 'phone' || kind === 'id' || kind === 'date') return;
  // Where a form lies within, what is left on either side is still what the model says.
  for (const token of tokens) {
    if (token.kind === 'number' || mayBePart(token)) {
      taken.put({ kind, start: token.start, end: token.end, by: 'model' });
    }
  }
}
