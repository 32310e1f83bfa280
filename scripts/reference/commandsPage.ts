import type { Argument, Command, Option } from 'commander';
import { code, generatedFrom, sentence, tableOf } from './markdown.ts';

/** What standard output holds with `--json`, by command. */
const formats: Readonly<Record<string, string>> = {
  init: 'handover-init/1',
  sample: 'handover-sample/1',
  'plan check': 'handover-plan/1',
  'map describe': 'handover-map-describe/1',
  'map check': 'handover-map-check/1',
  'map test': 'handover-map-test/1',
  'map docs': 'handover-map-docs/1',
  'export-set diff': 'handover-export-set-diff/1',
  'map preview': 'handover-map-preview/1',
  'map diff': 'handover-map-diff/1',
  'map apply': 'handover-report/1',
  run: 'handover-report/1',
  resume: 'handover-report/1',
  verify: 'handover-report/1',
  undo: 'handover-undo/1',
  status: 'handover-status/1',
  report: 'handover-report/1',
  explain: 'handover-explain/1',
  'quarantine list': 'handover-held/1',
  'quarantine show': 'handover-held-item/1',
  'quarantine choose': 'handover-choice/1',
  'quarantine keep': 'handover-report/1',
  'quarantine take': 'handover-report/1',
  'quarantine replay': 'handover-report/1',
  serve: 'handover-serve/1',
  console: 'handover-console/1',
  'target open': 'handover-opening/1',
  'parcels sweep': 'handover-sweep/1',
  convert: 'handover-convert/1',
  'link estimate': 'handover-linkage-model/1',
  'link run': 'handover-linkage/1',
  'link report': 'handover-linkage-report/2',
  'link evaluate': 'handover-linkage/1',
  view: 'handover-view/1',
  validate: 'handover-validate/1',
  'terminology list': 'handover-terminology-list/1',
  'terminology lookup': 'handover-terminology-lookup/1',
  'terminology validate': 'handover-terminology-validate/1',
  'terminology translate': 'handover-terminology-translate/1',
  'terminology expand': 'handover-terminology-expand/1',
  deidentify: 'handover-deidentification/1',
  'inbox list': 'handover-inbox/1',
  'inbox purge': 'handover-inbox-purge/1',
  listen: 'handover-listen/1',
  send: 'handover-send/1',
  'certificate key': 'handover-certificate-key/1',
  'certificate issue': 'handover-certificate-issued/1',
  'certificate prove': 'handover-proof-issued/1',
  'certificate verify': 'handover-certificate-check/1',
  'account add': 'handover-account/1',
  'access inventory': 'handover-access-inventory/2',
  'access simulate': 'handover-access-simulation/2',
  'access verify': 'handover-access-verify/2',
  'account list': 'handover-accounts/1',
  'account disable': 'handover-account-disabled/1',
  'token add': 'handover-token/1',
  'token list': 'handover-tokens/1',
  'token revoke': 'handover-token-revoked/1',
  'client add': 'handover-client/1',
  'client list': 'handover-clients/1',
  'client revoke': 'handover-client-revoked/1',
  'gate list': 'handover-gates/1',
  'gate show': 'handover-gate/1',
  'gate request': 'handover-gate/1',
  'gate approve': 'handover-gate/1',
  'gate waive': 'handover-gate/1',
  'samples packet': 'handover-sample-packet/2',
  'samples show': 'handover-sample-chart/1',
  'samples answer': 'handover-sample-review/1',
  'samples status': 'handover-samples/2',
  'audit anchor': 'handover-audit-anchor/1',
  'audit verify': 'handover-audit-check/1',
  'audit export': 'handover-audit-export/1',
  'audit forward': 'handover-audit-forward/1',
  'subject show': 'handover-subject-counts/1',
  disclosures: 'handover-disclosures/1',
  breach: 'handover-breach/1',
  'erasure request': 'handover-erasure-request/1',
  'erasure approve': 'handover-erasure-approval/1',
  'erasure carry-out': 'handover-sanitisation/1',
  'erasure list': 'handover-erasures/1',
  'erasure show': 'handover-erasure/1',
  'legal-hold place': 'handover-legal-hold/1',
  'legal-hold release': 'handover-legal-hold-release/1',
  'legal-hold list': 'handover-legal-holds/1',
  'retention show': 'handover-retention/1',
  'retention request': 'handover-retention-request/1',
  'retention purge': 'handover-retention-purge/1',
  'keys show': 'handover-keys/1',
  'keys request': 'handover-key-rotation-request/1',
  'keys approve': 'handover-key-rotation-approval/1',
  'keys rotate': 'handover-key-rotation/1',
  'processing-record': 'handover-processing-record/1',
  inventory: 'handover-inventory/1',
};

/** Commands whose output is of no format of ours, or of several. */
const others: Readonly<Record<string, string>> = {
  'link explain':
    '`--json`: `handover-linkage-pair/1` of two records, `handover-person/1` of one of a project.',
  'link review':
    '`--json`: `handover-linkage-review/1` of files, `handover-link-worklist/1` of a project.',
  ...moving('link merge', 'link unmerge', 'link withdraw'),
  'link apply': '`--json`: `handover-report/1`, or `handover-link-apply/1` where nothing moves.',
  worker: 'Writes no data.',
  schema: 'Writes JSON Schema (2020-12).',
};

const opening = `# The command line

\`\`\`sh
handover [--project FOLDER] [--json] COMMAND …
\`\`\`

In a checkout \`handover\` is \`npm run -s handover --\`, or the file \`engine/bin/handover.mjs\`, which can
be put on the path or behind an alias.

What scripts may rely on:

- **Standard output is data**, standard error is everything else: progress, notes, problems.
- With **\`--json\`** standard output is exactly one JSON object with a \`format\`, such as
  \`handover-report/1\`; a change that would break a reader raises its number. Errors are one object of
  format \`handover-error/1\` on standard error.
- **Exit codes** keep their meaning: see [the table](exit-codes.md).
- Progress is redrawn on a terminal only; off it, or with \`NO_COLOR\`, it is whole lines.
- The first Ctrl-C (or SIGTERM) lets the batches under way be committed, prints the command that goes
  on, and ends with 130. The second ends the process at once; the ledger is right at any instant.
- A secret never stands in arguments: database URLs come by the environment, a patient's number by
  standard input.

| environment                | what it is                                                                     |
| -------------------------- | ------------------------------------------------------------------------------ |
| DATABASE_URL               | the control database, on [a PostgreSQL of your own](../guides/own-postgresql.md) |
| HANDOVER_TARGET_URL        | with it: the database of an embedded target that has no \`url\` in the plan       |
| HANDOVER_PASSPHRASE_FILE   | the passphrase of the project's key, kept outside the project folder           |
| HANDOVER_NEW_PASSPHRASE_FILE | the passphrase that \`keys rotate\` changes to                                   |
| NO_COLOR                   | progress without redrawing the line                                            |
| whatever the plan names    | \`\${NAME}\` in \`handover.yaml\`                                                   |`;

/** docs/reference/cli.md. @throws Error for a command without a description or a stated format. */
export function commandsPage(program: Command): string {
  const options = `## Options of every command\n\n${optionTable(program.options)}`;
  const groups = Map.groupBy(leaves(program), ({ group }) => group);
  const parts = [...groups].flatMap(([group, commands]) => [
    `## ${group.replace(/:$/, '')}`,
    ...commands.map(({ name, command }) => commandPart(name, command)),
  ]);
  return [generatedFrom('engine/src/cli/program.ts'), opening, options, ...parts].join('\n\n');
}

interface Leaf {
  name: string;
  group: string;
  command: Command;
}

function leaves(program: Command): Leaf[] {
  return program.commands.flatMap((command) => {
    const group = command.helpGroup();
    if (command.commands.length === 0) return [{ name: command.name(), group, command }];
    return command.commands.map((inner) => ({
      name: `${command.name()} ${inner.name()}`,
      group,
      command: inner,
    }));
  });
}

/** Commands that decide who is who, and move charts unless they are told not to yet. */
function moving(...names: readonly string[]): Record<string, string> {
  const output =
    '`--json`: `handover-report/1`; `handover-link-decision/1` with `--later`, `handover-link-apply/1` where nothing moves.';
  return Object.fromEntries(names.map((name) => [name, output]));
}

function commandPart(name: string, command: Command): string {
  if (command.description() === '') throw new Error(`handover ${name} has no description`);
  const words = command.registeredArguments.map(argumentWord);
  const usage = ['handover', name, ...words, ...(command.options.length > 0 ? ['[options]'] : [])];
  const format = formats[name];
  const output = format === undefined ? others[name] : `\`--json\`: ${code(format)}.`;
  if (output === undefined) throw new Error(`no format for ${name}`);
  return [
    `### ${name}`,
    `\`\`\`sh\n${usage.join(' ')}\n\`\`\``,
    `${sentence(command.description())} ${output}`,
    ...(words.length > 0 ? [argumentTable(command.registeredArguments)] : []),
    ...(command.options.length > 0 ? [optionTable(command.options)] : []),
  ].join('\n\n');
}

function argumentWord(argument: Argument): string {
  const name = `${argument.name()}${argument.variadic ? '...' : ''}`;
  return argument.required ? `<${name}>` : `[${name}]`;
}

function argumentTable(args: readonly Argument[]): string {
  return tableOf(
    ['argument', 'what it is'],
    args.map((argument) => [code(argumentWord(argument)), argument.description]),
  );
}

function optionTable(options: readonly Option[]): string {
  return tableOf(
    ['option', 'what it does', 'if left out'],
    options.map((option) => [
      code(option.flags),
      option.description + choices(option),
      option.mandatory ? 'it must be given' : defaultOf(option),
    ]),
  );
}

function choices({ argChoices }: Option): string {
  return argChoices === undefined ? '' : `: ${argChoices.map(code).join(', ')}`;
}

function defaultOf({ defaultValue, negate }: Option): string {
  if (defaultValue === undefined || negate) return '';
  return code(String(defaultValue));
}
