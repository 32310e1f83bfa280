import type { Verifier } from '../model/finding.ts';

/** Something that a comparison cannot see, printed in every report and in the documentation. */
export interface BlindSpot {
  verifier: Verifier;
  /** Stable, for links and translations. */
  code: string;
  /** What passes unseen, as a sentence for the reader of a report. */
  unseen: string;
  /** What sees it instead, or what a person has to do. */
  instead: string;
  /** Whether it keeps a stream amber (never green) where it applies. */
  amber: boolean;
}

/** What each verifier cannot see. An honest table is part of the proof. */
export const blindSpots: readonly BlindSpot[] = [
  {
    verifier: 'delivery',
    code: 'mapping-wrong',
    unseen: 'A mapping that is wrong: the draft is the yardstick, so both sides are wrong alike.',
    instead: 'The facts comparison, for every concept that is declared.',
    amber: false,
  },
  {
    verifier: 'delivery',
    code: 'server-managed',
    unseen: 'Changes to the elements that the target may change, each listed with its reason.',
    instead: 'Nothing: they carry no content of the source.',
    amber: false,
  },
  {
    verifier: 'delivery',
    code: 'other-doors',
    unseen:
      'What the target shows through another door than the one that is read back: ' +
      'screens, printouts, other interfaces.',
    instead: 'The chart sample, in which people compare what they see.',
    amber: false,
  },
  {
    verifier: 'facts',
    code: 'concept-not-declared',
    unseen: 'Whatever no fact is declared for: a wrong mapping of it is delivered faithfully.',
    instead: 'A declaration in `facts:`; until then the chart sample.',
    amber: true,
  },
  {
    verifier: 'facts',
    code: 'stream-without-key',
    unseen: 'Which record a resource came from, when the stream has no key.',
    instead: 'Delivery still compares every byte; counts are compared as multisets.',
    amber: true,
  },
  {
    verifier: 'facts',
    code: 'source-wrong',
    unseen:
      'What is wrong in the source itself: an error that was moved faithfully is no difference.',
    instead: 'Quality rules, and the clinician reviewer.',
    amber: false,
  },
  {
    verifier: 'facts',
    code: 'declaration-wrong',
    unseen: 'A fact whose declaration makes the same mistake as the mapping.',
    instead: 'Another author for the facts than for the mapping, and the approval of both.',
    amber: false,
  },
  {
    verifier: 'facts',
    code: 'text-meaning',
    unseen: 'What free text means: texts are compared code point for code point, never understood.',
    instead: 'The chart sample.',
    amber: false,
  },
  {
    verifier: 'facts',
    code: 'code-meaning',
    unseen:
      'Whether a code map is clinically right: ' +
      'that the target has the stated code is all that is seen.',
    instead: 'Review and approval of the code map; the chart sample.',
    amber: false,
  },
  {
    verifier: 'facts',
    code: 'form-folded',
    unseen:
      'What a concept calls equal: white space at the ends, punctuation in telephone and ' +
      'social security numbers, the offset an instant is written in, the code of a unit that is ' +
      'lost beside the same unit in words.',
    instead: 'Delivery, which compares them code point for code point.',
    amber: false,
  },
  {
    verifier: 'facts',
    code: 'display-text',
    unseen:
      'The display of a code, the narrative, and the resource elements that no concept reads.',
    instead: 'Delivery.',
    amber: false,
  },
  {
    verifier: 'facts',
    code: 'values-unpaired',
    unseen:
      'Which of several values belong together (two addresses, two reactions) once each is found.',
    instead: 'Delivery; ordered concepts where order is declared.',
    amber: false,
  },
  {
    verifier: 'scan',
    code: 'content',
    unseen: 'The content of resources: the scan compares which there are and how often.',
    instead: 'Delivery and facts.',
    amber: false,
  },
  {
    verifier: 'scan',
    code: 'beyond-scope',
    unseen: 'Resources that the target does not show to our scan, such as those of other writers.',
    instead: 'The target system’s own reports.',
    amber: false,
  },
  {
    verifier: 'scan',
    code: 'after-the-pass',
    unseen: 'Writes after a resource was read back.',
    instead: 'Another verify; once the target is open, the watch.',
    amber: false,
  },
];
