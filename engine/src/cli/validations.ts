import type { Command } from 'commander';
import type { Binder } from './binder.ts';
import { validateCommand, type ValidateOptions } from './commands/validate.ts';

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
