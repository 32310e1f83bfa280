import { resolve } from 'node:path';
import type { Connector } from '../../model/connector.ts';
import { excelConfiguration, type ExcelConfiguration } from './configuration.ts';
import { ExcelSource } from './excelSource.ts';

/** @param projectFolder what a file in the plan is relative to. */
export function excelConnector(projectFolder: string): Connector<ExcelConfiguration> {
  return {
    kind: 'excel',
    summary: 'Reads an Excel workbook (.xlsx, .xlsm), each of its sheets a stream.',
    configuration: excelConfiguration,
    source: {
      capabilities: {
        snapshot: true,
        slices: false,
        counts: true,
        follow: false,
        deletions: false,
      },
      create: ({ file, streams }, services) =>
        new ExcelSource(resolve(projectFolder, file), streams, (data) => services.digest(data)),
    },
  };
}
