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

const { retentionPurgeCommand, retentionRequestCommand, retentionShowCommand } = deferred(
  () => import('./commands/retention.ts'),
);

/** How long what Handover keeps of its own is kept. */
export function addRetention(program: Command, { inProject }: Binder, version: string): void {
  const retention = program
    .command('retention')
    .description('how long working copies are kept: show, request, purge');
  retention
    .command('show')
    .description('what each run keeps, until when, and what waits for whom')
    .action(inProject((project, output) => retentionShowCommand(project, output)));
  retention
    .command('request')
    .description('ask that everything be erased whose period is over')
    .addOption(asOption())
    .action(
      inProject((project, output, options) => retentionRequestCommand(project, output, options)),
    );
  retention
    .command('purge')
    .description('erase what is over, was asked for and was approved by somebody else')
    .option('--confirm <project>', "the project's name, as handover.yaml has it")
    .action(
      inProject((project, output, options: { confirm?: string }) =>
        retentionPurgeCommand(project, output, { ...options, version }),
      ),
    );
}

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
