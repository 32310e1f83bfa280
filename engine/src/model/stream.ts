/** One table, feed, folder or query of a source. */
export interface Stream {
  /** In a source: the name the source itself uses. In a run: the source's name in the plan, a dot, that. */
  name: string;
  /** Column, field or property names in the order in which records carry them. */
  columns: readonly Column[];
  /** Columns that identify a record; empty for a stream without a key. */
  key: readonly string[];
  /** How many records the source says there are, if it can say. */
  count?: number;
}

export interface Column {
  name: string;
  /** The source's own name for the type, as it stands in its catalogue (`character varying(30)`). */
  sourceType: string;
  type: ColumnType;
  nullable: boolean;
  /** A value in this column says, as a code, why the record cannot be used: it is held for that. */
  problem?: true;
  /** How many records hold a value (neither null nor empty); known once assessed. */
  populated?: number;
}

export type ColumnType =
  | 'text'
  | 'integer'
  | 'decimal'
  | 'boolean'
  | 'date'
  | 'time'
  | 'instant'
  | 'localDateTime'
  | 'binary';

/** A part of a stream that can be read apart from the others, in total order of its key. */
export interface Slice {
  stream: string;
  /** Short, free of PHI, unique in the stream: `0003`. */
  id: string;
  /** What the source needs to find the slice again (a key range); sealed wherever it is stored. */
  range: string;
}

/** An opaque, comparable place in a slice; sealed wherever it is stored. */
export type Cursor = string;
