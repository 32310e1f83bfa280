import { timeSpan } from '../values.ts';
import { deviceSupply } from './devices.ts';
import { actOf, settle } from './entry.ts';
import type { EntryRule } from './entry.ts';
import { procedureActivity } from './procedures.ts';

/** Medical Equipment Organizer: supplies, and procedures that put devices in. */
export const equipmentOrganizer: EntryRule = (entry, section, conversion) => {
  settle(entry);
  timeSpan(entry.child('effectiveTime'), conversion);
  return entry.all('component').flatMap((component) => {
    const act = actOf(component);
    if (act?.name === 'supply') return deviceSupply(act, section, conversion);
    return act?.name === 'procedure' ? procedureActivity(act, section, conversion) : [];
  });
};
