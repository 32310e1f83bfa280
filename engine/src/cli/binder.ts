import type { ExitCode } from '../base/errors.ts';
import type { Output } from './output.ts';
import type { GlobalOptions } from './options.ts';
import type { Environment, Project } from './project.ts';

/** Binds what a command does to the command line: its output, its project, its exit code. */
export interface Binder {
  environment: Environment;
  options: () => GlobalOptions;
  /** Run a command that needs no project. */
  plain: <Arguments extends unknown[]>(
    work: (output: Output, ...rest: Arguments) => Promise<ExitCode>,
  ) => (...rest: Arguments) => Promise<void>;
  /** Run a command inside the project of `--project`. */
  inProject: <Arguments extends unknown[]>(
    work: (project: Project, output: Output, ...rest: Arguments) => Promise<ExitCode>,
  ) => (...rest: Arguments) => Promise<void>;
}
