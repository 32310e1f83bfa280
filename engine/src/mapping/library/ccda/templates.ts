import type { XmlElement } from '../../../formats/xml/element.ts';
import { allergyConcern, allergyObservation } from './entries/allergies.ts';
import {
  advanceDirective,
  advanceDirectives,
  careTeam,
  coverageActivity,
  goal,
  media,
  noteActivity,
  policyActivity,
} from './entries/care.ts';
import { deviceSupply } from './entries/devices.ts';
import { encounterActivity } from './entries/encounters.ts';
import { actOf, isPlanned, templatesOf } from './entries/entry.ts';
import type { EntryRule, Section } from './entries/entry.ts';
import { equipmentOrganizer } from './entries/equipment.ts';
import { familyHistory } from './entries/familyHistory.ts';
import { immunizationActivity, immunizationAct } from './entries/immunizations.ts';
import { medicationAct, medicationActivity, supplyEntry } from './entries/medications.ts';
import { observation, panel, resultOrganizer, vitalSigns } from './entries/observations.ts';
import { healthConcern, problemConcern, problemObservation } from './entries/problems.ts';
import { instruction, plannedService, procedureActivity } from './entries/procedures.ts';

const ccda = '2.16.840.1.113883.10.20.22.4.';
const ccd = '2.16.840.1.113883.10.20.1.';
const ihe = '1.3.6.1.4.1.19376.1.5.3.1.4.';

/** Procedure Activity Observation has a value, what was found: an Observation keeps it. */
const procedureObservation: EntryRule = (entry, section, conversion) =>
  (entry.name === 'observation' ? observation : procedureActivity)(entry, section, conversion);

/**
 * What to do with an entry, by its template: C-CDA R1.1 and R2.1 (one OID for all versions), the
 * CCD and C32 that came before them, and IHE's that C32 builds on. The first that fits counts.
 */
const rules: readonly (readonly [template: string, rule: EntryRule])[] = [
  [`${ccda}30`, allergyConcern],
  [`${ccda}7`, allergyObservation],
  [`${ihe}5.3`, allergyConcern],
  [`${ihe}6`, allergyObservation],
  [`${ccd}18`, allergyObservation],
  [`${ccda}3`, problemConcern],
  [`${ihe}5.2`, problemConcern],
  [`${ccda}4`, problemObservation],
  [`${ccd}28`, problemObservation],
  [`${ccda}33`, problemConcern],
  [`${ccda}34`, problemConcern],
  [`${ccda}65`, problemConcern],
  [`${ccda}51`, problemConcern],
  [`${ccda}80`, problemConcern],
  [`${ccda}132`, healthConcern],
  [`${ccda}136`, healthConcern],
  [`${ccda}52`, immunizationActivity],
  [`${ihe}12`, immunizationActivity],
  [`${ccda}120`, medicationActivity],
  [`${ccda}16`, medicationActivity],
  [`${ccda}42`, medicationActivity],
  [`${ccd}24`, medicationActivity],
  [`${ccda}35`, medicationAct],
  [`${ccda}36`, medicationAct],
  [`${ccda}17`, supplyEntry],
  [`${ccda}18`, supplyEntry],
  [`${ccda}50`, deviceSupply],
  [`${ccda}135`, equipmentOrganizer],
  // A CCD's panel of vital signs is a result organizer too, and says so.
  [`${ccd}35`, vitalSigns],
  [`${ccda}1`, resultOrganizer],
  [`${ccd}32`, resultOrganizer],
  [`${ccda}26`, vitalSigns],
  [`${ccda}14`, procedureActivity],
  [`${ccda}12`, procedureActivity],
  [`${ccda}13`, procedureObservation],
  [`${ccd}29`, procedureActivity],
  [`${ihe}19`, procedureActivity],
  [`${ccda}39`, plannedService],
  [`${ccda}40`, plannedService],
  [`${ccda}41`, plannedService],
  [`${ccda}43`, plannedService],
  [`${ccda}44`, plannedService],
  [`${ccda}140`, plannedService],
  [`${ccda}130`, plannedService],
  [`${ccda}20`, instruction],
  [`${ccda}131`, instruction],
  [`${ccda}146`, instruction],
  [`${ccda}49`, encounterActivity],
  [`${ccd}21`, encounterActivity],
  [`${ihe}14`, encounterActivity],
  [`${ccda}45`, familyHistory],
  [`${ccd}23`, familyHistory],
  [`${ihe}15`, familyHistory],
  [`${ccda}121`, goal],
  [`${ccda}500`, careTeam],
  [`${ccda}60`, coverageActivity],
  [`${ccda}61`, policyActivity],
  [`${ccd}20`, coverageActivity],
  [`${ccda}108`, advanceDirectives],
  [`${ccda}48`, advanceDirective],
  [`${ccd}17`, advanceDirective],
  [`${ccda}202`, noteActivity],
];

/** The rules by template, each with its place in the list. */
const ranks = new Map(rules.map(([template, rule], rank) => [template, { rule, rank }]));

/** What a section is of, by its LOINC code: for entries whose templates nobody knows. */
const sections: Readonly<Record<string, Readonly<Record<string, EntryRule>>>> = {
  '48765-2': { act: allergyConcern, observation: allergyObservation },
  '11450-4': { act: problemConcern, observation: problemObservation },
  '11348-0': { act: problemConcern, observation: problemObservation },
  '46241-6': { act: problemConcern, observation: problemObservation },
  '11535-2': { act: problemConcern, observation: problemObservation },
  '10219-4': { act: problemConcern, observation: problemObservation },
  '10160-0': { substanceAdministration: medicationActivity },
  '11369-6': { substanceAdministration: immunizationActivity, act: immunizationAct },
  '30954-2': { organizer: resultOrganizer },
  '8716-3': { organizer: vitalSigns },
  '47519-4': {
    procedure: procedureActivity,
    act: procedureActivity,
    observation: procedureActivity,
  },
  '46240-8': { encounter: encounterActivity },
  '10157-6': { organizer: familyHistory },
  '42348-3': { observation: advanceDirective, organizer: advanceDirectives },
  '46264-8': { supply: deviceSupply },
  '48768-6': { act: coverageActivity },
};

/** An act of no known kind around others: each of them by its own rule. */
const inside: EntryRule = (entry, section, conversion) => {
  const wrappers = [...entry.all('entryRelationship'), ...entry.all('component')];
  return wrappers
    .map(actOf)
    .filter((each) => each !== undefined)
    .flatMap((each) => ruleFor(each, section)?.rule(each, section, conversion) ?? []);
};

/** Observations together are a panel; other acts in an organizer stand for themselves. */
const organizer: EntryRule = (entry, section, conversion) => {
  const acts = entry.all('component').map(actOf);
  const isPanel = acts.every((act) => act?.name === 'observation' || act?.name === 'organizer');
  return (isPanel ? panel : inside)(entry, section, conversion);
};

/** What a kind of act is, where neither its template nor its section tells. */
const kinds: Readonly<Record<string, EntryRule>> = {
  observation,
  organizer,
  procedure: procedureActivity,
  encounter: encounterActivity,
  substanceAdministration: medicationActivity,
  supply: supplyEntry,
  observationMedia: media,
  act: inside,
};

export interface ChosenRule {
  rule: EntryRule;
  /** Whether the entry's own template chose it. */
  byTemplate: boolean;
}

/** The rule for an entry: by its template, else by its section, else by what kind of act it is. */
export function ruleFor(entry: XmlElement, section: Section): ChosenRule | undefined {
  let best: { rule: EntryRule; rank: number } | undefined;
  let byTemplate = false;
  for (const template of templatesOf(entry)) {
    const ranked = ranks.get(template);
    if (ranked !== undefined && ranked.rank < (best?.rank ?? Infinity)) best = ranked;
    byTemplate ||= generic.has(template);
  }
  if (best !== undefined) return { rule: best.rule, byTemplate: true };
  if (entry.name === 'observation' && isPlanned(entry)) {
    return { rule: entry.peek('moodCode') === 'GOL' ? goal : plannedService, byTemplate };
  }
  const rule =
    (byTemplate ? undefined : sections[section.code ?? '']?.[entry.name]) ?? kinds[entry.name];
  return rule === undefined ? undefined : { rule, byTemplate };
}

/** Templates of observations and panels with nothing to them but a code, a value and a time. */
const generic = new Set([
  ...[
    2, 27, 31, 38, 66, 67, 68, 69, 72, 73, 74, 75, 78, 85, 109, 111, 114, 123, 124, 127, 128, 130,
  ].map((last) => ccda + String(last)),
  ...['133', '134', '144', '200', '201', '501', '502', '503', '504', '505', '506'].map(
    (last) => ccda + last,
  ),
  '2.16.840.1.113883.10.20.15.3.8',
  '2.16.840.1.113883.10.20.15.3.1',
  '2.16.840.1.113883.10.20.6.2.12',
  '2.16.840.1.113883.10.20.6.2.13',
  '2.16.840.1.113883.10.20.6.2.14',
  '2.16.840.1.113883.10.20.34.3.45',
  `${ccd}31`,
  `${ccd}33`,
]);
