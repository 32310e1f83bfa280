import { Argument, Option, type Command } from 'commander';
import type { Binder } from './binder.ts';
import { runOption } from './options.ts';
import { deferred } from './deferred.ts';

const { auditExportCommand } = deferred(() => import('./commands/audit.ts'));
const { auditAnchorCommand, auditVerifyCommand } = deferred(
  () => import('./commands/auditAnchor.ts'),
);
const { auditForwardCommand } = deferred(() => import('./commands/auditForward.ts'));
const {
  certificateIssueCommand,
  certificateKeyCommand,
  certificateProveCommand,
  certificateVerifyCommand,
} = deferred(() => import('./commands/certificate.ts'));

const several = (file: string, former: readonly string[] = []): readonly string[] => [
  ...former,
  file,
];
const anchorOption = (): Option =>
  new Option('--anchor <file>', 'a signed head of the audit log that was kept elsewhere').argParser(
    several,
  );

/** Commands that show others what happened. */
export function addProofs(program: Command, binder: Binder): void {
  program.commandsGroup('Prove:');
  addCertificate(program, binder);
  addAudit(program, binder);
}

function addCertificate(program: Command, { plain, inProject }: Binder): void {
  const certificate = program
    .command('certificate')
    .description('the signed, PHI-free certificate of a run: key, issue, prove, verify');
  certificate
    .command('key')
    .description('the verifier key: hand it over before anything is certified, by another way')
    .action(inProject((project, output) => certificateKeyCommand(project, output)));
  certificate
    .command('issue')
    .description('sign what a run moved and compared; the ledger it rests on is written beside it')
    .addArgument(new Argument('[run]', 'its id; the newest if left out'))
    .option('--out <file>', 'a new file (handover-certificate-RUN.txt if left out)')
    .action(
      inProject((project, output, run, options) =>
        certificateIssueCommand(project, output, run, options),
      ),
    );
  certificate
    .command('prove')
    .description('that one source item is in the certified ledger; its key comes on standard input')
    .argument('<stream>', 'as `source.table`')
    .addOption(runOption())
    .requiredOption('--reference <text>', 'what its holder calls it; no identifier of a patient')
    .requiredOption('--out <file>', 'a new file')
    .action(
      inProject((project, output, stream, options) =>
        certificateProveCommand(project, output, stream, options),
      ),
    );
  certificate
    .command('verify')
    .description('verify a certificate with the separate program; needs no project and no network')
    .argument('<certificate>', 'a file')
    .requiredOption('--key <key>', 'the verifier key, or a file that holds it')
    .option('--ledger <file>', 'the ledger beside it: every batch and count is held against it')
    .option('--proof <file>', 'the proof of one item')
    .option('--log <file>', 'the leaf hashes of the audit log')
    .addOption(anchorOption())
    .action(plain((output, file, options) => certificateVerifyCommand(output, file, options)));
}

function addAudit(program: Command, { inProject }: Binder): void {
  const audit = program
    .command('audit')
    .description('the log of every look at a patient: anchor, verify, export, forward');
  audit
    .command('anchor')
    .description('sign the head of the log, to be kept outside: where the plan says, and in a file')
    .option('--out <file>', 'a new file; - for standard output, to be sent on')
    .action(inProject((project, output, options) => auditAnchorCommand(project, output, options)));
  audit
    .command('verify')
    .description(
      'recompute the log and hold it against every signed head; exit 8 if it was altered',
    )
    .addOption(anchorOption())
    .option('--bucket', 'and those in the bucket that the plan names')
    .action(inProject((project, output, options) => auditVerifyCommand(project, output, options)));
  audit
    .command('export')
    .description('the log for others: its leaf hashes, which show nobody, or its events for a SIEM')
    .requiredOption('--out <file>', 'a new file')
    .addOption(
      new Option(
        '--as <form>',
        'leaf hashes; AuditEvents of IHE BALP in NDJSON; RFC 5424 lines; OTLP logs in JSON lines',
      )
        .choices(['leaves', 'fhir', 'syslog', 'otlp'])
        .default('leaves'),
    )
    .action(inProject((project, output, options) => auditExportCommand(project, output, options)));
  audit
    .command('forward')
    .description('send what the SIEM of the plan has not taken yet, over syslog or OTLP')
    .option('--follow', 'go on with what is recorded from now on, until it is stopped')
    .action(inProject((project, output, options) => auditForwardCommand(project, output, options)));
}
