import { HandoverError, exitCodes, type ExitCode } from '../../base/errors.ts';
import { judgeCodes } from '../../terminology/judgement.ts';
import type { MapTarget } from '../../terminology/translation.ts';
import type { Output } from '../output.ts';
import { terminologyOver } from '../packages.ts';
import type { LoadedFolder } from '../terminologyFolder.ts';

/** Where codes are answered from, over R4 itself. */
export interface TerminologyPlace {
  terminology?: string;
  package: string[];
}

export interface LookUpOptions extends TerminologyPlace {
  system: string;
}

export interface ValidateCodeOptions extends TerminologyPlace {
  system?: string;
  valueSet?: string;
  display?: string;
  strict?: boolean;
}

export interface TranslateOptions extends TerminologyPlace {
  system: string;
  to?: string;
  map?: string;
  strict?: boolean;
}

export interface ExpandOptions extends TerminologyPlace {
  filter?: string;
  activeOnly?: boolean;
  count: number;
  offset: number;
}

function loadedOf(options: TerminologyPlace): Promise<LoadedFolder> {
  return terminologyOver(options.package, options.terminology);
}

/** `handover terminology list`. */
export async function listTerminologyCommand(
  output: Output,
  options: TerminologyPlace,
): Promise<ExitCode> {
  const { terminology, files, leftAlone } = await loadedOf(options);
  const systems = terminology.systems.map(({ system, version, size }) => ({
    system,
    ...(version !== undefined && { version }),
    concepts: size,
  }));
  output.data({ format: 'handover-terminology-list/1', files, systems, leftAlone }, () => [
    ...files.map(({ file, summary, concepts }) => `${counted(concepts)}  ${file}: ${summary}`),
    ...systems.map(
      ({ system, version, concepts }) =>
        `${counted(concepts)}  ${system}${version === undefined ? '' : `|${version}`}`,
    ),
    ...leftAlone.map(
      (file) => `${'-'.padStart(11)}  ${file}: left alone, none of the known layouts`,
    ),
    ...(options.terminology === undefined
      ? ['R4 itself is loaded, and no folder: name one with --terminology']
      : []),
  ]);
  return exitCodes.ok;
}

function counted(count: number): string {
  return count.toLocaleString('en-US').padStart(11);
}

/** `handover terminology lookup`. */
export async function lookUpCommand(
  output: Output,
  code: string,
  options: LookUpOptions,
): Promise<ExitCode> {
  const { terminology } = await loadedOf(options);
  const answer = terminology.validate(options.system, code);
  if (answer.kind === 'not-loaded') throw notLoaded(options.system);
  if (answer.kind !== 'active' && answer.kind !== 'inactive') {
    output.data({ format: 'handover-terminology-lookup/1', found: false }, () => [
      'unknown: there is no such code',
    ]);
    return exitCodes.ok;
  }
  const table = terminology.system(options.system);
  const { concept } = answer;
  const properties = [...(table?.properties(code) ?? [])];
  const parents = table?.parents(code) ?? [];
  const value = {
    format: 'handover-terminology-lookup/1',
    found: true,
    ...concept,
    ...(table?.version !== undefined && { version: table.version }),
    parents,
    properties,
  };
  output.data(value, () => [
    `${concept.code}  ${concept.display}`.trimEnd(),
    ...(concept.inactive ? ['inactive: the code must not be used any more'] : []),
    ...concept.replacedBy.map((each) => `replaced by  ${each}`),
    ...parents.map((each) => `a kind of  ${each}`),
    ...properties.map(({ name, value: said }) => `${name}  ${said}`),
  ]);
  return exitCodes.ok;
}

/** `handover terminology validate`. */
export async function validateCodeCommand(
  output: Output,
  code: string,
  { system, valueSet, display, strict, ...place }: ValidateCodeOptions,
): Promise<ExitCode> {
  const { terminology } = await loadedOf(place);
  const where = valueSet === undefined ? {} : { valueSet };
  const judged = judgeCodes(terminology, where, [{ code, system, version: undefined, display }]);
  if (judged.kind === 'not-loaded') throw notLoaded(judged.missing);
  const isRight = judged.kind === 'right';
  const words = isRight
    ? [
        `${judged.system}  ${judged.display}`.trimEnd(),
        ...(judged.message === undefined ? [] : [judged.message]),
      ]
    : [judged.message];
  const value = isRight
    ? {
        result: true,
        system: judged.system,
        display: judged.display,
        inactive: judged.inactive,
        ...(judged.message !== undefined && { message: judged.message }),
      }
    : { result: false, message: judged.message };
  output.data({ format: 'handover-terminology-validate/1', ...value }, () => words);
  return isRight || strict !== true ? exitCodes.ok : exitCodes.quarantineNotEmpty;
}

/** `handover terminology translate`. */
export async function translateCommand(
  output: Output,
  code: string,
  { system, to, map, strict, ...place }: TranslateOptions,
): Promise<ExitCode> {
  const { terminology } = await loadedOf(place);
  const found = terminology.translate(system, code, {
    ...(to !== undefined && { target: to }),
    ...(map !== undefined && { url: map }),
  });
  if (found.kind === 'no-map') throw notLoaded(`a map from ${system}`);
  const targets = 'targets' in found ? found.targets : [];
  const value = { format: 'handover-terminology-translate/1', kind: found.kind, targets };
  output.data(value, () => [found.kind, ...targets.map(targetLine)]);
  return found.kind === 'matched' || strict !== true ? exitCodes.ok : exitCodes.quarantineNotEmpty;
}

function targetLine({
  system,
  code,
  display = '',
  equivalence,
  scenario,
  choice,
}: MapTarget): string {
  const part = scenario === undefined ? '' : `  scenario ${scenario}, choice ${choice}`;
  return `${equivalence}  ${system}  ${code}  ${display}`.trimEnd() + part;
}

/** `handover terminology expand`. */
export async function expandCommand(
  output: Output,
  url: string,
  { filter = '', activeOnly = false, count, offset, ...place }: ExpandOptions,
): Promise<ExitCode> {
  const { terminology } = await loadedOf(place);
  const found = terminology.members(url);
  if ('missing' in found) throw notLoaded(found.missing);
  if ('endless' in found) throw endless(found.endless);
  const wanted = filter.toLowerCase();
  const concepts: { system: string; code: string; display: string; inactive: boolean }[] = [];
  let total = 0;
  for (const { system, code, display, inactive } of found.members) {
    if (activeOnly && inactive) continue;
    if (wanted !== '' && !`${code} ${display}`.toLowerCase().includes(wanted)) continue;
    if (total++ < offset || concepts.length >= count) continue;
    concepts.push({ system, code, display, inactive });
  }
  output.data({ format: 'handover-terminology-expand/1', total, offset, concepts }, () => [
    `${total.toLocaleString('en-US')} codes`,
    ...concepts.map(
      ({ system, code, display, inactive }) =>
        `${system}  ${code}  ${display}${inactive ? '  (inactive)' : ''}`,
    ),
  ]);
  return exitCodes.ok;
}

/** What the command line named may be told: a canonical is nobody's secret. */
function notLoaded(missing: string): HandoverError {
  return new HandoverError('terminology-not-loaded', `Nothing is loaded of ${missing}.`, {
    exitCode: exitCodes.usage,
    next: 'Put its release or resource into a folder and name that with --terminology, or a guide with --package.',
  });
}

function endless(system: string): HandoverError {
  return new HandoverError(
    'value-set-endless',
    `Codes of ${system} are told by their form and cannot be listed.`,
    { exitCode: exitCodes.usage, next: 'Ask `handover terminology validate` after single codes.' },
  );
}
