import { Option, type Command } from 'commander';
import type { Binder } from './binder.ts';
import { deferred } from './deferred.ts';
import { heldId, runOption, wholeNumber, working } from './options.ts';

const { chooseCommand } = deferred(() => import('./commands/choose.ts'));
const { conflictCommand } = deferred(() => import('./commands/conflict.ts'));
const { heldCommand, showHeldCommand } = deferred(() => import('./commands/quarantine.ts'));
const { replayCommand } = deferred(() => import('./commands/replay.ts'));

const streamOption = (): Option => new Option('--stream <stream>', 'only of this stream');
const codeOption = (): Option => new Option('--code <reason>', 'only held for this reason');

/** Commands that work through what is held for review. */
export function addQuarantine(program: Command, { inProject }: Binder): void {
  program.commandsGroup('Mend:');
  const quarantine = program
    .command('quarantine')
    .description('work through what is held for review: list, show, choose, keep, take, replay');
  quarantine
    .command('list')
    .description('what is held for review, why, and since when')
    .addOption(runOption())
    .addOption(streamOption())
    .addOption(codeOption())
    .option('--limit <n>', 'how many at most', wholeNumber(1, 1_000_000), 100)
    .action(inProject((project, output, options) => heldCommand(project, output, options)));
  quarantine
    .command('show')
    .description(
      'one held item, and where the target in use says otherwise; values only with --reveal',
    )
    .argument('<id>', 'as the list has it', heldId)
    .addOption(runOption())
    .option('--reveal', "show the source item's bytes, and values that differ; audited")
    .action(
      inProject((project, output, id, options) => showHeldCommand(project, output, id, options)),
    );
  quarantine
    .command('choose')
    .description('of held items with one key, let one stand and set the others aside')
    .argument('[ids...]', 'of those that stand, as the list has them', heldIds)
    .addOption(runOption())
    .addOption(streamOption())
    .option('--newest <column>', 'without ids: those with the greatest value of this column')
    .action(
      inProject((project, output, ids, options) => chooseCommand(project, output, ids, options)),
    );
  for (const [verdict, description] of verdicts) {
    working(quarantine.command(verdict))
      .description(description)
      .argument(
        '[ids...]',
        'as the list has them; those of --code or --stream if left out',
        heldIds,
      )
      .requiredOption('--as <name>', 'who decides; the reason comes on standard input')
      .addOption(runOption())
      .addOption(streamOption())
      .addOption(codeOption())
      .action(
        inProject((project, output, ids, options) =>
          conflictCommand(project, output, verdict, ids, options),
        ),
      );
  }
  working(quarantine.command('replay'))
    .description('send held items through the mapping as it is now, then load and verify them')
    .argument('[ids...]', 'as the list has them; every one that fits if left out', heldIds)
    .addOption(runOption())
    .addOption(streamOption())
    .addOption(codeOption())
    .action(
      inProject((project, output, ids, options) => replayCommand(project, output, ids, options)),
    );
}

const verdicts = [
  ['keep', "what users changed or removed at a target in use stands; the source's is left behind"],
  ['take', "the source's is written over what users changed or removed at a target in use"],
] as const;

function heldIds(text: string, former: readonly string[] | undefined): readonly string[] {
  return [...(former ?? []), heldId(text)];
}
