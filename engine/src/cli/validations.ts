import { Option, type Command } from 'commander';
import { deidentifiedKinds } from '../privacy/deidentify/rules.ts';
import type { Binder } from './binder.ts';
import type { DeidentifyOptions } from './commands/deidentify.ts';
import type { ValidateOptions } from './commands/validate.ts';
import { deferred } from './deferred.ts';

const { deidentifyCommand } = deferred(() => import('./commands/deidentify.ts'));
const { validateCommand } = deferred(() => import('./commands/validate.ts'));

/** The command that judges resources outside of a run. */
export function addValidation(program: Command, { plain }: Binder): void {
  const more = (value: string, before: string[]): string[] => [...before, value];
  program.commandsGroup('Judge:');
  program
    .command('validate')
    .description('FHIR R4 resources against their types and profiles; needs no project')
    .argument('<files...>', 'files or folders of JSON, XML or NDJSON')
    .option('--package <tgz>', 'an implementation guide; may be given several times', more, [])
    .option('--profile <canonical>', 'judge every resource by it too; several times', more, [])
    .option(
      '--terminology <folder>',
      'code systems and value sets that the site has: ICD, LOINC, …',
    )
    .option('--strict', 'exit 6 when a resource was refused')
    .action(
      plain((output, files: string[], options: ValidateOptions) =>
        validateCommand(output, files, options),
      ),
    );
}

/** The command that makes data for rehearsals and training. */
export function addDeidentification(program: Command, { plain, environment }: Binder): void {
  program.commandsGroup('Protect:');
  program
    .command('deidentify')
    .description(
      'FHIR resources and tables of a folder, without what names people; needs no project',
    )
    .argument('<in>', 'a folder of NDJSON, JSON and delimited files, or one file of resources')
    .argument('<out>', 'a new folder')
    .addOption(
      new Option('--as <kind>', 'safe-harbor: years only, no free text; pseudonymised: remains PHI')
        .choices(deidentifiedKinds)
        .makeOptionMandatory(),
    )
    .addOption(
      new Option('--text <text>', 'free text is left out, or what is found in it is masked')
        .choices(['withheld', 'masked'])
        .default('withheld'),
    )
    .option('--determination <file>', "an expert's determination, for pseudonymised data")
    .action(
      plain((output, input: string, out: string, options: DeidentifyOptions) =>
        deidentifyCommand(output, environment, input, out, options),
      ),
    );
}
