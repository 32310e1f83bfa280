import type { Command } from 'commander';
import type { Binder } from './binder.ts';
import type { PurgeOptions } from './commands/inbox.ts';
import type { SendOptions } from './commands/send.ts';
import { wholeNumber } from './options.ts';
import { deferred } from './deferred.ts';

const { inboxListCommand, inboxPurgeCommand } = deferred(() => import('./commands/inbox.ts'));
const { listenCommand } = deferred(() => import('./commands/listen.ts'));
const { sendCommand } = deferred(() => import('./commands/send.ts'));

/** Commands that speak MLLP. */
export function addFeeds(program: Command, { plain, inProject, options }: Binder): void {
  program.commandsGroup('Receive and send:');
  program
    .command('listen')
    .description('receive HL7 v2 over MLLP into the inboxes of the plan; acknowledged once durable')
    .argument('[sources...]', 'those of kind mllp to listen for; all of the plan if left out')
    .action(
      inProject((project, output, sources: string[]) => listenCommand(project, output, sources)),
    );
  addInbox(program, inProject);
  program
    .command('send')
    .description('send the HL7 v2 messages of files over MLLP, each until it is answered')
    .argument('<files...>', 'files of one message or many, with batches or without')
    .requiredOption('--to <host:port>', 'the receiver: on this machine, or one that the plan names')
    .option('--tls', 'over TLS, by the authorities that this machine trusts')
    .option('--authorities <pem>', 'over TLS, by these authorities')
    .option('--certificate <pem>', 'over TLS, with a certificate of our own')
    .option('--key <pem>', 'its key')
    .option('--window <n>', 'messages on their way at once', wholeNumber(1, 10_000), 1)
    .option(
      '--wait <seconds>',
      'an answer that takes longer is not waited for',
      wholeNumber(1, 3_600),
      30,
    )
    .option(
      '--attempts <n>',
      'failures in a row, without an answer, before giving up',
      wholeNumber(1, 1_000),
      20,
    )
    .option(
      '--skip <n>',
      'messages at the beginning to leave out',
      wholeNumber(0, 1_000_000_000),
      0,
    )
    .option('--strict', 'exit 6 when a message was not taken, and not only when none was')
    .action(
      plain((output, files: string[], sending: SendOptions) =>
        sendCommand(output, files, { ...sending, project: options().project }),
      ),
    );
}

function addInbox(program: Command, inProject: Binder['inProject']): void {
  const inbox = program.command('inbox').description('what has been received over MLLP');
  inbox
    .command('list')
    .description(
      'how much waits, was moved, is held or was purged, by message type; and the issues',
    )
    .argument('[sources...]', 'those of kind mllp; all of the plan if left out')
    .action(
      inProject((project, output, sources: string[]) => inboxListCommand(project, output, sources)),
    );
  inbox
    .command('purge')
    .description('destroy the bytes of what a finished run has moved; what was not moved stays')
    .argument('[sources...]', 'those of kind mllp; all of the plan if left out')
    .requiredOption('--after <days>', 'days since that run ended', wholeNumber(0, 36_500))
    .action(
      inProject((project, output, sources: string[], options: PurgeOptions) =>
        inboxPurgeCommand(project, output, sources, options),
      ),
    );
}
