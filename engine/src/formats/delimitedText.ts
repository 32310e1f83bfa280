/**
 * A row as RFC 4180 writes it, without the line end: NULL is nothing, '' is two quotes, and quotes
 * stand only where they must.
 */
export function encodeDelimitedRow(row: readonly (string | null)[], delimiter = ','): string {
  return row.map((field) => encodeField(field, delimiter)).join(delimiter);
}

function encodeField(field: string | null, delimiter: string): string {
  if (field === null) return '';
  const bare = field !== '' && !/["\r\n]/.test(field) && !field.includes(delimiter);
  return bare ? field : `"${field.replaceAll('"', '""')}"`;
}
