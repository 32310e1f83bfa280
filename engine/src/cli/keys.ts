import { Option, type Command } from 'commander';
import type { Binder } from './binder.ts';
import { deferred } from './deferred.ts';

const { keysApproveCommand, keysRequestCommand, keysRotateCommand, keysShowCommand } = deferred(
  () => import('./commands/keys.ts'),
);

const asOption = (): Option =>
  new Option(
    '--as <account>',
    'who does it; password and code come on standard input, a line each',
  ).makeOptionMandatory();

/** The key that seals a project. */
export function addKeys(program: Command, { inProject }: Binder): void {
  const keys = program
    .command('keys')
    .description('the key that seals the project: show, request, approve, rotate');
  keys
    .command('show')
    .description('who guards it, which generation seals, and how it was rotated')
    .action(inProject((project, output) => keysShowCommand(project, output)));
  keys
    .command('request')
    .description('ask that the key be rotated')
    .addOption(new Option('--reason <text>', 'why; kept sealed').makeOptionMandatory())
    .addOption(asOption())
    .action(inProject((project, output, options) => keysRequestCommand(project, output, options)));
  keys
    .command('approve')
    .description('agree to a rotation that somebody else asked for')
    .argument('<rotation>', 'as `keys show` has it')
    .addOption(asOption())
    .action(
      inProject((project, output, id, options) => keysApproveCommand(project, output, id, options)),
    );
  keys
    .command('rotate')
    .description('seal all again under a new key; the former one is destroyed')
    .argument('<rotation>', 'as `keys show` has it')
    .option('--confirm <project>', "the project's name, as handover.yaml has it")
    .action(
      inProject((project, output, id, options: { confirm?: string }) =>
        keysRotateCommand(project, output, id, options),
      ),
    );
}
