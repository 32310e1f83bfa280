import type { SystemScope } from './scopes.ts';

/** What people and machines may be: each right of the product belongs to some of these, or to nobody. */
export const roles = [
  'lead',
  'analyst',
  'steward',
  'clinician',
  'compliance',
  'operator',
  'auditor',
] as const;

export type Role = (typeof roles)[number];

/** What each role does, in a line. */
export const roleWords: Readonly<Record<Role, string>> = {
  lead: 'leads the migration: asks for gates, opens targets',
  analyst: 'connects, maps, looks at what failed',
  steward: 'works through held items and duplicates, signs off domains',
  clinician: 'reviews charts, old beside new',
  compliance: 'watches access, approves, ends accounts',
  operator: 'runs the engine on its host',
  auditor: 'reads everything that holds no patient, changes nothing',
};

export function isRole(text: string): text is Role {
  return roles.some((role) => role === text);
}

/** Who asks. `host`: whoever started this program and reads its terminal. */
export interface Principal {
  name: string;
  kind: 'person' | 'machine' | 'host';
  roles: readonly Role[];
  /** Until when charts are open by break-glass, ISO 8601; absent where no glass was broken. */
  glassUntil?: string;
  /** What a token is for, where it is for less than its roles: absent, its roles alone count. */
  scopes?: readonly SystemScope[];
}

/** Who is signed in, as the console is told. */
export interface SessionAnswer extends Principal {
  format: 'handover-session/1';
}

/** The passkeys of who is signed in. */
export interface PasskeyList {
  format: 'handover-passkeys/1';
  passkeys: readonly {
    /** Base64url. */
    id: string;
    label: string;
    createdAt: string;
    usedAt: string | undefined;
  }[];
}
