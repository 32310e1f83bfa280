/** The phases of a run, in order: one list for the engine, the CLI and the console. */
export const phases = ['assess', 'extract', 'map', 'check', 'link', 'load', 'verify'] as const;

export type Phase = (typeof phases)[number];

/** State of a run as a whole; which phase is under way is derived from the ledger. */
export type RunState = 'running' | 'paused' | 'cancelled' | 'failed' | 'finished' | 'undone';
