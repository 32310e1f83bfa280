import { sourceConformance, type ConformanceTable } from '../conformance/source.ts';
import { MemorySource, type MemoryTable } from './source.ts';

interface GrowingTable extends MemoryTable {
  rows: (readonly (string | null)[])[];
}

const tables: GrowingTable[] = [];

function memoryTable(table: ConformanceTable): GrowingTable {
  const columns = table.columns.map((name) => ({
    name,
    sourceType: 'text',
    type: 'text' as const,
    nullable: true,
  }));
  return { stream: { name: table.name, columns, key: table.key }, rows: [...table.rows] };
}

sourceConformance('memory', {
  create: async (wanted) => {
    const made = wanted.map(memoryTable);
    tables.push(...made);
    return new MemorySource(made);
  },
  insert: async (name, row) => {
    tables.find(({ stream }) => stream.name === name)?.rows.push(row);
  },
  capabilities: { snapshot: true, slices: true, counts: true, follow: false, deletions: false },
  dispose: async () => undefined,
});
