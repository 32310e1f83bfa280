/** Records of one stream: `read = mapped + quarantined + excluded + waiting`. */
export interface RecordBalance {
  stream: string;
  read: number;
  mapped: number;
  quarantined: number;
  excluded: number;
  waiting: number;
}

/**
 * Drafts of one stream for one target:
 * `drafted = loaded + merged + superseded + removed + quarantined + excluded + waiting`.
 */
export interface DraftBalance {
  stream: string;
  target: string;
  drafted: number;
  loaded: number;
  merged: number;
  superseded: number;
  removed: number;
  quarantined: number;
  excluded: number;
  waiting: number;
}

export function recordsBalance(balance: RecordBalance): boolean {
  const { read, mapped, quarantined, excluded, waiting } = balance;
  return read === mapped + quarantined + excluded + waiting && waiting >= 0;
}

export function draftsBalance(balance: DraftBalance): boolean {
  const { drafted, loaded, merged, superseded, removed, quarantined, excluded, waiting } = balance;
  return (
    drafted === loaded + merged + superseded + removed + quarantined + excluded + waiting &&
    waiting >= 0
  );
}
