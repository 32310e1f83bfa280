/** What a target is allowed to do to one element of a draft, by declaration and with its reason. */
export interface ServerManaged {
  /** Path in the resource without its type and without indexes: `meta.versionId`. */
  path: string;
  /** `change`: add, replace or drop it. `add`: only where the draft has none. */
  may: 'change' | 'add';
  /** Why this is not a difference; stands in the report. */
  reason: string;
}

/** Elements that FHIR R4 gives to the server. A target's declared capabilities may add to them. */
export const serverMayChange: readonly ServerManaged[] = [
  {
    path: 'meta.versionId',
    may: 'change',
    reason: 'the server numbers its versions (FHIR R4, Resource.meta)',
  },
  {
    path: 'meta.lastUpdated',
    may: 'change',
    reason: 'the server dates its versions (FHIR R4, Resource.meta)',
  },
  {
    path: 'meta.source',
    may: 'add',
    reason: 'a server may note where a resource came from; one that the draft states must stay',
  },
];

/** How drafts and read-back resources are compared. */
export interface DeliveryRules {
  serverMayChange: readonly ServerManaged[];
  /** Arrays whose order has no meaning, in the same form of path: `meta.security`. */
  sets: readonly string[];
}

/** Every order matters, and only the elements above may change. */
export const defaultDeliveryRules: DeliveryRules = { serverMayChange, sets: [] };
