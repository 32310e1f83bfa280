/** A file that is read by offset, from any place and as often as one likes. */
export interface ByteFile {
  /** Up to `length` bytes from an offset on; fewer only where the file ends. */
  readAt(from: number, length: number): Promise<Buffer>;
  close(): Promise<void>;
}
