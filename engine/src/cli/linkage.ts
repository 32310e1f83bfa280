import type { Command } from 'commander';
import type { Binder } from './binder.ts';
import type { LinkOptions } from './commands/link.ts';
import type { DecideOptions } from './commands/linkPersons.ts';
import { runOption, smallestCellOption, wholeNumber, working } from './options.ts';
import { deferred } from './deferred.ts';

const { linkEstimateCommand, linkEvaluateCommand, linkExplainCommand, linkRunCommand } = deferred(
  () => import('./commands/link.ts'),
);
const { linkReportCommand, linkReviewCommand } = deferred(() => import('./commands/linkReview.ts'));
const { linkApplyCommand, linkDecideCommand, linkExplainPersonsCommand, linkWorklistCommand } =
  deferred(() => import('./commands/linkPersons.ts'));

interface Revealing {
  reveal?: boolean;
}

/** Commands that decide who is who: in files of people, and in the store of a project. */
export function addLinkage(program: Command, binder: Binder): void {
  const { plain } = binder;
  program.commandsGroup('Link:');
  const link = program
    .command('link')
    .description(
      'who is who: estimate, run, explain, review, merge, unmerge, withdraw, apply, report, evaluate',
    );
  limited(link.command('estimate'))
    .description('the model that the records give, without labels: m, u and match weights')
    .argument(
      '<files...>',
      'files of CSV, Parquet, HL7 v2 or X12: one to find duplicates in, two to link, more for both',
    )
    .option('--out <file>', 'a new file for the model')
    .action(
      plain((output, files: string[], options: LinkOptions) =>
        linkEstimateCommand(output, files, options),
      ),
    );
  limited(link.command('run'))
    .description('clusters of records that are of one person')
    .argument(
      '<files...>',
      'files of CSV, Parquet, HL7 v2 or X12: one to find duplicates in, two to link, more for both',
    )
    .option('--model <file>', 'a model that `link estimate` wrote; estimated anew if left out')
    .option('--out <file>', 'a new file of CSV: every record with its cluster')
    .action(
      plain((output, files: string[], options: LinkOptions) =>
        linkRunCommand(output, files, options),
      ),
    );
  addQuestions(link, binder);
  addDecisions(link, binder);
  limited(link.command('report'))
    .description(
      'match weights, thresholds, persons, blocking and duplicate rates as a page of HTML',
    )
    .argument('<files...>', 'files')
    .requiredOption('--out <file>', 'a new file for the page')
    .addOption(smallestCellOption())
    .option('--truth <column>', 'who a record is: COLUMN, or COLUMN:REGEX with a group')
    .option('--model <file>', 'a model that `link estimate` wrote; estimated anew if left out')
    .action(
      plain(
        (output, files: string[], options: LinkOptions & { out: string; smallestCell: number }) =>
          linkReportCommand(output, files, options),
      ),
    );
  limited(link.command('evaluate'))
    .description('precision, recall and F1 of the clusters, pair by pair')
    .argument('<files...>', 'files')
    .requiredOption('--truth <column>', 'who a record is: COLUMN, or COLUMN:REGEX with a group')
    .option('--model <file>', 'a model that `link estimate` wrote; estimated anew if left out')
    .action(
      plain((output, files: string[], options: LinkOptions) =>
        linkEvaluateCommand(output, files, options),
      ),
    );
}

/** Of files, or, where none are named, of the project. */
function addQuestions(link: Command, { plain, inProject }: Binder): void {
  limited(link.command('explain'))
    .description('why records are linked or not; without files, in the project: of one, its person')
    .argument('<a>', 'number of a record, from 1; of the second file: 2:17. Without files, its id')
    .argument('[b]', 'another')
    .argument('[files...]', 'the files')
    .option('--model <file>', 'a model that `link estimate` wrote; estimated anew if left out')
    .option('--reveal', 'without files: show who they are, and why it was decided; audited')
    .action(
      (a: string, b: string | undefined, files: string[], options: LinkOptions & Revealing) => {
        const named = b === undefined ? [a] : [a, b];
        if (files.length > 0 || !named.every(isRecordId)) {
          return plain((output) => linkExplainCommand(output, [a, b ?? ''], files, options))();
        }
        return inProject((project, output) =>
          linkExplainPersonsCommand(project, output, named, options),
        )();
      },
    );
  limited(link.command('review'))
    .description('what a human has to decide on, what an answer settles most first')
    .argument('[files...]', 'files; the worklist of the project if left out')
    .option('--model <file>', 'a model that `link estimate` wrote; estimated anew if left out')
    .option('--reveal', 'without files: show who they are; audited')
    .action((files: string[], options: LinkOptions & Revealing) =>
      files.length > 0
        ? plain((output) => linkReviewCommand(output, files, options))()
        : inProject((project, output) => linkWorklistCommand(project, output, options))(),
    );
}

/** Whether a text can be the id of a record of a project; a record of a file has a number. */
const isRecordId = (text: string): boolean => /^[0-9a-z]{26}$/.test(text);

const verdicts = [
  ['merge', 'same', 'two records of a project are of one person: their charts become one'],
  [
    'unmerge',
    'differ',
    'two records of a project are of two people: each has its own chart (again)',
  ],
  ['withdraw', 'withdrawn', 'take back what was decided on two records: the machine decides again'],
] as const;

function addDecisions(link: Command, { inProject }: Binder): void {
  for (const [name, verdict, description] of verdicts) {
    working(link.command(name))
      .description(description)
      .argument('<a>', 'id of a record, as `link review` has it')
      .argument('<b>', 'id of the other')
      .requiredOption('--as <name>', 'who decides; the reason comes on standard input')
      .option('--later', 'only keep the decision; `link apply` moves all that are kept')
      .addOption(runOption())
      .action(
        inProject((project, output, a: string, b: string, options: DecideOptions) =>
          linkDecideCommand(project, output, verdict, [a, b], options),
        ),
      );
  }
  working(link.command('apply'))
    .description('lead the charts of a run to what has been decided by now')
    .addOption(runOption())
    .action(inProject((project, output, options) => linkApplyCommand(project, output, options)));
}

function limited(command: Command): Command {
  return command
    .option(
      '--memory <MiB>',
      'what the records may take; never spilled',
      wholeNumber(100, 1_000_000),
      2_600,
    )
    .option('--threads <n>', 'threads to work with', wholeNumber(1, 256), 2);
}
