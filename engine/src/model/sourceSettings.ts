/** How a source writes what its columns do not say; set in the plan, beside the connector's own. */
export interface SourceSettings {
  /** IANA name of the zone in which its clocks stood. */
  timeZone?: string;
  /** The latest year that two digits may mean: 2026 reads `26` as 2026 and `27` as 1927. */
  centuryPivot?: number;
  /** Whether a text without characters is a value (`text`, if left out) or no value (`null`). */
  emptyIs?: 'text' | 'null';
  /** What to do with local times that happened twice or never; both are refused if left out. */
  clockChange?: ClockChangeRule;
}

/** What to do with a local time that clocks passed twice (`overlap`) or never (`gap`). */
export interface ClockChangeRule {
  overlap: 'earlier' | 'later' | 'refuse';
  /** `shift` reads the time with the offset from before the change, as most calendars do. */
  gap: 'shift' | 'refuse';
}
