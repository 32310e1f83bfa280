import { InvalidArgumentError, type Command } from 'commander';
import type { Binder } from './binder.ts';
import type {
  ExpandOptions,
  LookUpOptions,
  TerminologyPlace,
  TranslateOptions,
  ValidateCodeOptions,
} from './commands/terminology.ts';
import { deferred } from './deferred.ts';

const {
  expandCommand,
  listTerminologyCommand,
  lookUpCommand,
  translateCommand,
  validateCodeCommand,
} = deferred(() => import('./commands/terminology.ts'));

/** Commands that answer after codes, as `serve` does over REST. */
export function addTerminology(program: Command, { plain }: Binder): void {
  program.commandsGroup('Judge:');
  const terminology = program
    .command('terminology')
    .description('codes, value sets and maps of R4, of guides and of your own releases');
  placed(terminology.command('list'))
    .description('what is loaded of a folder, and which of its files are left alone')
    .action(plain((output, options: TerminologyPlace) => listTerminologyCommand(output, options)));
  placed(terminology.command('lookup'))
    .description('what a code system says of a code')
    .argument('<code>', 'as the system has it')
    .requiredOption('--system <url>', 'the code system, with |version or without')
    .action(
      plain((output, code: string, options: LookUpOptions) => lookUpCommand(output, code, options)),
    );
  placed(terminology.command('validate'))
    .description('whether a code is active, inactive, unknown or ambiguous, or in a value set')
    .argument('<code>', 'as the system has it')
    .option('--system <url>', 'the code system; without it, whichever has the code')
    .option('--value-set <url>', 'a value set that the code must be in')
    .option('--display <text>', 'words that must be those of the code')
    .option('--strict', 'exit 6 when the code is not right')
    .action(
      plain((output, code: string, options: ValidateCodeOptions) =>
        validateCodeCommand(output, code, options),
      ),
    );
  placed(terminology.command('translate'))
    .description('what maps make of a code: one code, several to choose from, or none')
    .argument('<code>', 'as the system has it')
    .requiredOption('--system <url>', 'the code system of the code')
    .option('--to <url>', 'only into this code system')
    .option('--map <url>', 'only by this ConceptMap')
    .option('--strict', 'exit 6 when there is no one translation')
    .action(
      plain((output, code: string, options: TranslateOptions) =>
        translateCommand(output, code, options),
      ),
    );
  placed(terminology.command('expand'))
    .description('the codes of a value set')
    .argument('<value-set>', 'its url, with |version or without')
    .option('--filter <text>', 'only codes with this in the code or its words')
    .option('--active-only', 'without codes that must not be used any more')
    .option('--count <number>', 'at most so many codes', whole, 1000)
    .option('--offset <number>', 'without so many first ones', whole, 0)
    .action(
      plain((output, url: string, options: ExpandOptions) => expandCommand(output, url, options)),
    );
}

function placed(command: Command): Command {
  const more = (value: string, before: string[]): string[] => [...before, value];
  return command
    .option('--terminology <folder>', 'releases and FHIR terminology that the site has')
    .option('--package <tgz>', 'an implementation guide; may be given several times', more, []);
}

function whole(text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It is no whole number.');
}
