import type { TestContext } from 'node:test';

/** Print rows under headings as diagnostics of a test, columns aligned. */
export function printTable(
  context: TestContext,
  headings: readonly string[],
  rows: readonly (readonly (string | number)[])[],
): void {
  const lines = [headings, ...rows].map((row) => row.map(String));
  const widths = headings.map((_, at) => Math.max(...lines.map((row) => row[at]?.length ?? 0)));
  for (const row of lines) {
    context.diagnostic(
      row
        .map((cell, at) => cell.padEnd(widths[at] ?? 0))
        .join('  ')
        .trimEnd(),
    );
  }
}
