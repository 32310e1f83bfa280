const months = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
];

/** An instant in UTC, to the minute: `14 March 2026, 02:11 UTC`. What is none stays as it is. */
export function instant(text: string): string {
  const at = parsed(text);
  if (at === undefined) return text;
  const [hours, minutes] = [at.getUTCHours(), at.getUTCMinutes()].map(twoDigits);
  const month = months[at.getUTCMonth()];
  return `${at.getUTCDate()} ${month} ${at.getUTCFullYear()}, ${hours}:${minutes} UTC`;
}

/** The time between two instants, in its two largest units: `3 h 12 min`. */
export function lasting(from: string, to: string): string | undefined {
  const [start, end] = [parsed(from), parsed(to)];
  if (start === undefined || end === undefined || end < start) return undefined;
  const seconds = Math.round((end.getTime() - start.getTime()) / 1000);
  const parts = [
    { unit: 'd', size: Math.floor(seconds / 86_400) },
    { unit: 'h', size: Math.floor(seconds / 3600) % 24 },
    { unit: 'min', size: Math.floor(seconds / 60) % 60 },
    { unit: 's', size: seconds % 60 },
  ];
  const first = parts.findIndex(({ size }) => size > 0);
  if (first === -1) return '0 s';
  return parts
    .slice(first, first + 2)
    .filter(({ size }) => size > 0)
    .map(({ unit, size }) => `${size} ${unit}`)
    .join(' ');
}

/** ISO 8601, or PostgreSQL's text of a `timestamptz`: `2026-03-14 02:11:09.25+00`. */
function parsed(text: string): Date | undefined {
  const shape = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(\.\d{1,3})?\d*(Z|[+-]\d\d)(?::?(\d\d))?$/;
  const [, day, time, fraction = '', zone, minutes = '00'] = shape.exec(text) ?? [];
  if (zone === undefined) return undefined;
  const at = new Date(`${day}T${time}${fraction}${zone === 'Z' ? zone : `${zone}:${minutes}`}`);
  return Number.isNaN(at.getTime()) ? undefined : at;
}

function twoDigits(number: number): string {
  return String(number).padStart(2, '0');
}
