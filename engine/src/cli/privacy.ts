import { Option, type Command } from 'commander';
import type { Binder } from './binder.ts';
import { instantOf } from './options.ts';
import { deferred } from './deferred.ts';
import { addKeys, addRetention } from './upkeep.ts';

const {
  erasureApproveCommand,
  erasureCarryOutCommand,
  erasureListCommand,
  erasureRequestCommand,
  erasureShowCommand,
  legalHoldListCommand,
  legalHoldPlaceCommand,
  legalHoldReleaseCommand,
} = deferred(() => import('./commands/erasure.ts'));
const { breachCommand, disclosuresCommand } = deferred(() => import('./commands/answers.ts'));
const { inventoryCommand, processingRecordCommand } = deferred(
  () => import('./commands/registers.ts'),
);
const { subjectShowCommand } = deferred(() => import('./commands/subject.ts'));

const patientOption = (): Option =>
  new Option(
    '--patient <dash>',
    '"-": the person whose number is the first line of standard input',
  );
const asOption = (): Option =>
  new Option(
    '--as <account>',
    'who does it; password and code come on standard input, a line each, after a number',
  ).makeOptionMandatory();
const reasonOption = (): Option =>
  new Option('--reason <text>', 'why; kept sealed').makeOptionMandatory();

/** Commands that answer for people whose data is held, and let go of it. */
export function addPrivacy(program: Command, binder: Binder, version: string): void {
  program.commandsGroup('Answer:');
  program
    .command('subject')
    .description('what is held of one person: show')
    .command('show')
    .description(
      'everything that is held of one person, in every run and target, in a new file; audited',
    )
    .addOption(patientOption().makeOptionMandatory())
    .requiredOption('--out <file>', 'a new file; it holds the whole chart')
    .action(
      binder.inProject((project, output, options) => subjectShowCommand(project, output, options)),
    );
  addDisclosures(program, binder);
  addErasure(program, binder, version);
  addLegalHolds(program, binder);
  addRetention(program, binder, version);
  addKeys(program, binder);
  addRegisters(program, binder, version);
}

const fromOption = (): Option =>
  new Option('--from <instant>', 'a day, or an instant that ends in Z; all if left out').argParser(
    instantOf,
  );
const untilOption = (): Option =>
  new Option('--until <instant>', 'before this day or instant').argParser(instantOf);

function addDisclosures(program: Command, { inProject }: Binder): void {
  program
    .command('disclosures')
    .description('to whom something of a person was disclosed, when and what (45 CFR 164.528)')
    .addOption(patientOption().makeOptionMandatory())
    .addOption(fromOption())
    .addOption(untilOption())
    .action(inProject((project, output, options) => disclosuresCommand(project, output, options)));
  program
    .command('breach')
    .description('everybody of whom an actor saw something in some time (45 CFR 164.410)')
    .addOption(
      new Option(
        '--actor <name>',
        'an account, token or command line; several; all if left out',
      ).argParser((name: string, former: readonly string[] | undefined) => [
        ...(former ?? []),
        name,
      ]),
    )
    .addOption(fromOption())
    .addOption(untilOption())
    .option('--reveal', 'their numbers in the source too; each is a look that is on record')
    .action(inProject((project, output, options) => breachCommand(project, output, options)));
}

function addRegisters(program: Command, { inProject }: Binder, version: string): void {
  program
    .command('processing-record')
    .description(
      'the record of processing activities (GDPR Art. 30), from the plan and the newest run',
    )
    .action(inProject((project, output) => processingRecordCommand(project, output)));
  program
    .command('inventory')
    .description(
      'what holds data about patients, where, how it is protected, and the ways it takes',
    )
    .action(inProject((project, output) => inventoryCommand(project, output, version)));
}

function addErasure(program: Command, { inProject }: Binder, version: string): void {
  const erasure = program
    .command('erasure')
    .description('erase what is kept of a person, or of a run: request, approve, carry-out');
  erasure
    .command('request')
    .description('ask that what is kept of a person, or all working copies of a run, be erased')
    .addOption(patientOption())
    .option('--run <run>', 'id of a run: all that it keeps')
    .addOption(reasonOption())
    .addOption(asOption())
    .action(
      inProject((project, output, options) => erasureRequestCommand(project, output, options)),
    );
  erasure
    .command('approve')
    .description('agree to an erasure that somebody else asked for')
    .argument('<erasure>', 'as the list has it')
    .addOption(asOption())
    .action(
      inProject((project, output, id, options) =>
        erasureApproveCommand(project, output, id, options),
      ),
    );
  erasure
    .command('carry-out')
    .description('erase what was asked for and approved, unless a legal hold keeps it')
    .argument('<erasure>', 'as the list has it')
    .option('--confirm <project>', "the project's name, as handover.yaml has it")
    .action(
      inProject((project, output, id, options: { confirm?: string }) =>
        erasureCarryOutCommand(project, output, id, { ...options, version }),
      ),
    );
  erasure
    .command('list')
    .description('what was asked for, by whom, who approved it, and whether it was done')
    .action(inProject((project, output) => erasureListCommand(project, output)));
  erasure
    .command('show')
    .description('the signed sanitisation record of an erasure (NIST SP 800-88r2)')
    .argument('<erasure>', 'as the list has it')
    .action(inProject((project, output, id) => erasureShowCommand(project, output, id)));
}

function addLegalHolds(program: Command, { inProject }: Binder): void {
  const hold = program
    .command('legal-hold')
    .description('what nobody may erase for now: place, release, list');
  hold
    .command('place')
    .description('keep everything, or what is kept of a person or a run, from being erased')
    .addOption(patientOption())
    .option('--run <run>', 'id of a run')
    .addOption(reasonOption())
    .addOption(asOption())
    .action(
      inProject((project, output, options) => legalHoldPlaceCommand(project, output, options)),
    );
  hold
    .command('release')
    .description('end a legal hold')
    .argument('<hold>', 'as the list has it')
    .addOption(asOption())
    .action(
      inProject((project, output, id, options) =>
        legalHoldReleaseCommand(project, output, id, options),
      ),
    );
  hold
    .command('list')
    .description('every legal hold that was ever placed')
    .action(inProject((project, output) => legalHoldListCommand(project, output)));
}
