/** SQL: an instant as ISO 8601 in UTC, to the second. */
export function isoInstant(expression: string): string {
  return `to_char(${expression} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')`;
}
