/** What clocks in an IANA zone showed, asked of the platform day by day and remembered. */
export interface ZoneClock {
  /** Every instant at which clocks showed this local time (milliseconds as if it were UTC). */
  instants(localMs: number): readonly number[];
  /** For a local time that was skipped: the instant by the offset from before the change. */
  shifted(localMs: number): number;
}

const clocks = new Map<string, ZoneClock>();

/** @throws RangeError when the platform knows no such zone. */
export function zoneClock(zone: string): ZoneClock {
  let clock = clocks.get(zone);
  if (clock === undefined) {
    clock = new PlatformClock(zone);
    clocks.set(zone, clock);
  }
  return clock;
}

export function isZone(zone: string): boolean {
  try {
    return zoneClock(zone) !== undefined;
  } catch {
    return false;
  }
}

const dayMs = 86_400_000;

class PlatformClock implements ZoneClock {
  readonly #format: Intl.DateTimeFormat;
  readonly #days = new Map<number, number>();

  constructor(zone: string) {
    this.#format = new Intl.DateTimeFormat('en-US-u-hc-h23', {
      timeZone: zone,
      era: 'short',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
  }

  instants(localMs: number): readonly number[] {
    const candidates = [this.#difference(localMs - dayMs), this.#difference(localMs + dayMs)];
    const found = new Set<number>();
    for (const difference of candidates) {
      const instant = localMs - difference;
      if (this.#difference(instant) === difference) found.add(instant);
    }
    return [...found];
  }

  shifted(localMs: number): number {
    return localMs - this.#difference(localMs - dayMs);
  }

  /** What a clock shows less UTC, in milliseconds. Most days begin and end with the same. */
  #difference(instant: number): number {
    const day = Math.floor(instant / dayMs);
    const start = this.#atStartOf(day);
    return start === this.#atStartOf(day + 1) ? start : this.#ask(instant);
  }

  #atStartOf(day: number): number {
    let difference = this.#days.get(day);
    if (difference === undefined) {
      difference = this.#ask(day * dayMs);
      this.#days.set(day, difference);
    }
    return difference;
  }

  #ask(instant: number): number {
    const shown = new Map(
      this.#format.formatToParts(instant).map((part) => [part.type, part.value]),
    );
    const field = (type: Intl.DateTimeFormatPartTypes): number => Number(shown.get(type));
    const date = Date.UTC(field('year'), field('month') - 1, field('day'));
    const clock = (field('hour') * 60 + field('minute')) * 60 + field('second');
    return date + clock * 1000 - Math.floor(instant / 1000) * 1000;
  }
}
