import { Option, type Command } from 'commander';
import type { Binder } from './binder.ts';
import { roleList, scopeList, smallestCellOption, wholeNumber } from './options.ts';
import { deferred } from './deferred.ts';

const { accessInventoryCommand, accessSimulateCommand, accessVerifyCommand } = deferred(
  () => import('./commands/accessTranslation.ts'),
);
const {
  accountAddCommand,
  accountDisableCommand,
  accountListCommand,
  tokenAddCommand,
  tokenListCommand,
  tokenRevokeCommand,
} = deferred(() => import('./commands/account.ts'));
const { clientAddCommand, clientListCommand, clientRevokeCommand } = deferred(
  () => import('./commands/client.ts'),
);
const {
  gateApproveCommand,
  gateListCommand,
  gateRequestCommand,
  gateShowCommand,
  gateWaiveCommand,
} = deferred(() => import('./commands/gate.ts'));
const { samplesAnswerCommand, samplesPacketCommand, samplesShowCommand, samplesStatusCommand } =
  deferred(() => import('./commands/samples.ts'));

const asOption = (): Option =>
  new Option(
    '--as <account>',
    'who does it; password and code come on standard input, a line each',
  );
const rolesOption = (): Option =>
  new Option('--roles <list>', 'roles, with commas between them')
    .argParser(roleList)
    .makeOptionMandatory();

/** Commands about who may do what, and what was decided. */
export function addAccess(program: Command, binder: Binder): void {
  program.commandsGroup('Decide:');
  addAccounts(program, binder);
  addTokens(program, binder);
  addClients(program, binder);
  addGates(program, binder);
  addSamples(program, binder);
  addTranslation(program, binder);
}

/** Who may see what in the old system and in the new. */
function addTranslation(program: Command, { inProject }: Binder): void {
  const access = program
    .command('access')
    .description('who may see what, old and new: inventory, simulate, verify');
  const ofOld = (command: Command): Command =>
    command
      .option('--old <folder>', 'tables of who may see what in the old system')
      .option('--source <name>', 'or a PostgreSQL source of the plan, by its own catalogue')
      .addOption(smallestCellOption());
  const byRoles = (command: Command): Command =>
    ofOld(command).requiredOption('--roles <file>', 'the role map, as YAML');
  ofOld(access.command('inventory'))
    .description('who reaches PHI in the old system, and who should not')
    .option('--stale-before <day>', 'accounts not used since are stale; 90 days ago if left out')
    .action(
      inProject((project, output, options) => accessInventoryCommand(project, output, options)),
    );
  byRoles(access.command('simulate'))
    .description('who would gain and lose access; exit 9 for a gain that nobody answers for')
    .action(
      inProject((project, output, options) => accessSimulateCommand(project, output, options)),
    );
  byRoles(access.command('verify'))
    .description("the new system's own list of roles against the role map; exit 5 where it differs")
    .requiredOption('--new <file>', 'CSV of the new system: principal, role')
    .action(inProject((project, output, options) => accessVerifyCommand(project, output, options)));
}

function addAccounts(program: Command, { inProject }: Binder): void {
  const account = program
    .command('account')
    .description('people who sign in, each with two factors: add, list, disable');
  account
    .command('add')
    .description('make an account; its password is the last line of standard input')
    .argument('<name>', 'lower-case letters, digits, dots, hyphens')
    .addOption(rolesOption())
    .addOption(asOption())
    .option('--provider', 'the identity provider signs them in; the second factor is kept here')
    .option('--recover', 'when nobody of compliance is left: by the host, and seen in the log')
    .action(
      inProject((project, output, name, options) =>
        accountAddCommand(project, output, name, options),
      ),
    );
  account
    .command('list')
    .description('every account, its roles, and whether it is disabled')
    .action(inProject((project, output) => accountListCommand(project, output)));
  account
    .command('disable')
    .description('end an account and all its sessions, at once')
    .argument('<name>', 'as the list has it')
    .action(inProject((project, output, name) => accountDisableCommand(project, output, name)));
}

function addTokens(program: Command, { inProject }: Binder): void {
  const token = program
    .command('token')
    .description('what machines show at the FHIR face: add, list, revoke');
  token
    .command('add')
    .description('make a token; it is shown once, and only its digest is kept')
    .argument('<name>', 'what it is for')
    .addOption(rolesOption())
    .option('--days <n>', 'how long it lives', wholeNumber(1, 366), 90)
    .addOption(asOption())
    .action(
      inProject((project, output, name, options) =>
        tokenAddCommand(project, output, name, options),
      ),
    );
  token
    .command('list')
    .description('every token that was ever made')
    .action(inProject((project, output) => tokenListCommand(project, output)));
  token
    .command('revoke')
    .description('take a token back; the next request with it is refused')
    .argument('<name>', 'as the list has it')
    .action(inProject((project, output, name) => tokenRevokeCommand(project, output, name)));
}

function addClients(program: Command, { inProject }: Binder): void {
  const client = program
    .command('client')
    .description('machines with a key of their own at the FHIR face: add, list, revoke');
  client
    .command('add')
    .description('register a client of SMART Backend Services by its public keys')
    .argument('<name>', 'its client id')
    .addOption(
      new Option('--scopes <list>', 'the most it may ask for, such as "system/*.rs"')
        .argParser(scopeList)
        .makeOptionMandatory(),
    )
    .option('--keys <file>', 'its public keys: a JWK Set')
    .option('--keys-url <url>', 'or where it publishes them')
    .addOption(asOption())
    .action(
      inProject((project, output, name, options) =>
        clientAddCommand(project, output, name, options),
      ),
    );
  client
    .command('list')
    .description('every client that was ever registered')
    .action(inProject((project, output) => clientListCommand(project, output)));
  client
    .command('revoke')
    .description('end a client and its tokens, at once')
    .argument('<name>', 'as the list has it')
    .action(inProject((project, output, name) => clientRevokeCommand(project, output, name)));
}

function addGates(program: Command, { inProject }: Binder): void {
  const gate = program
    .command('gate')
    .description(
      'what must be true before a target is opened: list, show, request, approve, waive',
    );
  gate
    .command('list')
    .description('the gates of the plan, and what they are at')
    .action(inProject((project, output) => gateListCommand(project, output)));
  gate
    .command('show')
    .description('criteria, evidence, approvals and waivers; exit 4 while it is shut')
    .argument('<gate>', 'such as open:chart')
    .action(inProject((project, output, name) => gateShowCommand(project, output, name)));
  gate
    .command('request')
    .description('ask for a gate on what a run did; who asks never approves it')
    .argument('<gate>', 'such as open:chart')
    .addOption(asOption().makeOptionMandatory())
    .option('--run <run>', 'id of a run; the newest if left out')
    .action(
      inProject((project, output, name, options) =>
        gateRequestCommand(project, output, name, options),
      ),
    );
  gate
    .command('approve')
    .description('agree with who asked, on the evidence that was looked at')
    .argument('<gate>', 'such as open:chart')
    .requiredOption('--evidence <digest>', 'as `gate show` prints it')
    .addOption(asOption().makeOptionMandatory())
    .action(
      inProject((project, output, name, options) =>
        gateApproveCommand(project, output, name, options),
      ),
    );
  gate
    .command('waive')
    .description('let a criterion of a domain of one’s own be unmet for a while')
    .argument('<gate>', 'such as open:chart')
    .argument('<criterion>', 'such as held.items')
    .requiredOption('--reason <text>', 'it stands on the certificate; nothing of a patient')
    .requiredOption('--expires <day>', 'its last day, such as 2026-12-31')
    .addOption(asOption().makeOptionMandatory())
    .action(
      inProject((project, output, name, criterion, options) =>
        gateWaiveCommand(project, output, name, criterion, options),
      ),
    );
}

function addSamples(program: Command, { inProject }: Binder): void {
  const samples = program
    .command('samples')
    .description('charts to review, old beside new: packet, show, answer, status');
  samples
    .command('packet')
    .description('draw charts by strata and seal them into a file; each is on record as an export')
    .requiredOption('--out <file>', 'a new file')
    .option('--charts <n>', 'how many', wholeNumber(1, 1000), 30)
    .option('--seed <text>', 'the same seed draws the same charts', '1')
    .option('--target <name>', 'which target; the first of the plan if left out')
    .option('--run <run>', 'id of a run; the newest if left out')
    .addOption(smallestCellOption())
    .action(
      inProject((project, output, options) => samplesPacketCommand(project, output, options)),
    );
  samples
    .command('show')
    .description('one chart, old beside new, to a clinician; audited')
    .argument('<packet>', 'the file')
    .requiredOption('--chart <n>', 'its number', wholeNumber(1, 1000))
    .addOption(asOption().makeOptionMandatory())
    .action(
      inProject((project, output, file, options) =>
        samplesShowCommand(project, output, file, options),
      ),
    );
  samples
    .command('answer')
    .description('what a clinician says of one chart; it stands')
    .argument('<packet>', 'the file')
    .requiredOption('--chart <n>', 'its number', wholeNumber(1, 1000))
    .addOption(
      new Option('--verdict <word>', 'what it is')
        .choices(['safe', 'not safe', 'unsure'])
        .makeOptionMandatory(),
    )
    .option('--on-screen', 'it was seen on the screen of the new system too')
    .addOption(asOption().makeOptionMandatory())
    .action(
      inProject((project, output, file, options) =>
        samplesAnswerCommand(project, output, file, options),
      ),
    );
  samples
    .command('status')
    .description('what was reviewed, and the error rate that it bounds')
    .option('--run <run>', 'id of a run; the newest if left out')
    .addOption(smallestCellOption())
    .action(
      inProject((project, output, options) => samplesStatusCommand(project, output, options)),
    );
}
