/** A step of a page that is run: a command with the output shown for it, or a change to a file. */
export type Step =
  | { kind: 'command'; line: number; command: string; shown: readonly string[] }
  | { kind: 'change'; line: number; path: string; from: string; to: string };

/** The steps of a page: its `console` and `diff` blocks, in order. Other blocks are for the reader. */
export function stepsOf(page: string): Step[] {
  const blocks = page.matchAll(/^```(console|diff)\n(.*?)^```$/gms);
  return [...blocks].flatMap(({ 1: kind, 2: text = '', index }) => {
    const line = page.slice(0, index).split('\n').length + 1;
    const lines = text.split('\n').slice(0, -1);
    return kind === 'diff' ? [changeOf(lines, line)] : commandsOf(lines, line);
  });
}

function changeOf(lines: readonly string[], line: number): Step {
  const [head = '', ...rest] = lines;
  const side = (mark: string): string =>
    rest.flatMap((one) => (one.startsWith(mark) ? [one.slice(1)] : [])).join('\n');
  const path = head.replace(/^--- /, '');
  return { kind: 'change', line, path, from: side('-'), to: side('+') };
}

function commandsOf(lines: readonly string[], from: number): Step[] {
  const steps: { kind: 'command'; line: number; command: string; shown: string[] }[] = [];
  for (const [at, text] of lines.entries()) {
    if (text.startsWith('$ ')) {
      steps.push({ kind: 'command', line: from + at, command: text.slice(2), shown: [] });
    } else {
      steps.at(-1)?.shown.push(text);
    }
  }
  return steps;
}

/** The first line of `shown` that `told` does not have in its place; `…` stands for any lines. */
export function firstDifference(
  shown: readonly string[],
  told: readonly string[],
): string | undefined {
  let at = 0;
  let skipping = false;
  for (const line of shown) {
    if (line === '…') {
      skipping = true;
      continue;
    }
    const found = skipping ? told.indexOf(line, at) : told[at] === line ? at : -1;
    if (found < 0) return line;
    at = found + 1;
    skipping = false;
  }
  return skipping || at === told.length ? undefined : `(nothing more; there is: ${told[at]})`;
}
