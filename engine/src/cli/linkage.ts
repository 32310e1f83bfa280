import type { Command } from 'commander';
import type { Binder } from './binder.ts';
import {
  linkEstimateCommand,
  linkEvaluateCommand,
  linkExplainCommand,
  linkRunCommand,
  type LinkOptions,
} from './commands/link.ts';
import { linkReportCommand, linkReviewCommand } from './commands/linkReview.ts';
import { wholeNumber } from './options.ts';

/** Commands that decide who is who in files of people; none needs a project. */
export function addLinkage(program: Command, { plain }: Binder): void {
  program.commandsGroup('Link:');
  const link = program
    .command('link')
    .description('who is who in files: estimate, run, explain, review, report, evaluate');
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
  limited(link.command('explain'))
    .description('why two records are linked or not: a waterfall of match weights, without values')
    .argument('<a>', 'number of a record, from 1; of the second file: 2:17')
    .argument('<b>', 'number of another')
    .argument('<files...>', 'the files')
    .option('--model <file>', 'a model that `link estimate` wrote; estimated anew if left out')
    .action(
      plain((output, a: string, b: string, files: string[], options: LinkOptions) =>
        linkExplainCommand(output, [a, b], files, options),
      ),
    );
  limited(link.command('review'))
    .description('pairs that a human has to decide on, what an answer settles most first')
    .argument('<files...>', 'files')
    .option('--model <file>', 'a model that `link estimate` wrote; estimated anew if left out')
    .action(
      plain((output, files: string[], options: LinkOptions) =>
        linkReviewCommand(output, files, options),
      ),
    );
  limited(link.command('report'))
    .description(
      'match weights, thresholds, persons, blocking and duplicate rates as a page of HTML',
    )
    .argument('<files...>', 'files')
    .requiredOption('--out <file>', 'a new file for the page')
    .option('--truth <column>', 'who a record is: COLUMN, or COLUMN:REGEX with a group')
    .option('--model <file>', 'a model that `link estimate` wrote; estimated anew if left out')
    .action(
      plain((output, files: string[], options: LinkOptions & { out: string }) =>
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
