/** What a system may do of its own accord when it is written to, and cannot be undone with the write. */
export const sideEffects = {
  notifications: 'messages to patients and staff',
  interfaces: 'messages to other systems: HL7 v2, FHIR subscriptions',
  workflow: 'tasks, work queues and orders that somebody carries out',
  alerts: 'decision support and alerts',
  billing: 'charges that reach a bill',
} as const;

export type SideEffect = keyof typeof sideEffects;

export const sideEffectNames = Object.keys(sideEffects) as SideEffect[];

/** How a target was asked to leave one of them undone; `not asked`: it may have done it. */
export interface SideEffectLine {
  target: string;
  effect: SideEffect;
  asked: 'header' | 'tag' | 'agreed' | 'not asked';
  /** Name of the header, the tag, or what was agreed, in the plan's words. */
  by: string;
}
