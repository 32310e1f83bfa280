import type { Changed } from './change.ts';

/** A kind of change that the facts comparison cannot see, whatever is declared, and why. */
export interface Invisible {
  /** Code of the blind spot in `verification/blindSpots.ts`. */
  blindSpot: string;
  /** Names of classes; empty: all. */
  classes: readonly string[];
  /** Paths without indexes, as a pattern. */
  paths: RegExp;
}

/** Delivery sees every one of these. */
export const invisibleToFacts: readonly Invisible[] = [
  { blindSpot: 'display-text', classes: [], paths: /\.(?:display|text\.status|text\.div)$/ },
  { blindSpot: 'display-text', classes: [], paths: /^Patient\.text$|\.extension\.valueString$/ },
  { blindSpot: 'display-text', classes: [], paths: /^Patient\.extension\.extension(?:\.url)?$/ },
  {
    blindSpot: 'display-text',
    classes: [],
    paths: /\.identifier\.type\b|\.(?:telecom|name)\.use$/,
  },
  { blindSpot: 'display-text', classes: [], paths: /\.doseQuantity\.system$/ },
  { blindSpot: 'display-text', classes: ['element-invented'], paths: /./ },
  {
    blindSpot: 'form-folded',
    classes: ['element-dropped', 'null-for-value', 'text-emptied'],
    paths: /\.doseQuantity\.code$/,
  },
  { blindSpot: 'form-folded', classes: ['space-added-at-end'], paths: /./ },
  { blindSpot: 'form-folded', classes: ['text-for-number', 'text-for-boolean'], paths: /./ },
  { blindSpot: 'form-folded', classes: ['case-changed'], paths: /\.telecom\.value$/ },
  { blindSpot: 'values-unpaired', classes: ['items-reordered'], paths: /./ },
];

/** The blind spot that explains why facts are silent on a change; undefined: they must not be. */
export function blindSpotOf(name: string, { path }: Changed): string | undefined {
  const plain = path.replace(/\[\d+\]/g, '');
  const explains = ({ classes, paths }: Invisible): boolean =>
    (classes.length === 0 || classes.includes(name)) && paths.test(plain);
  return invisibleToFacts.find(explains)?.blindSpot;
}
