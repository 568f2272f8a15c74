/** Where a file is written, and who is told how far it is. */
export interface FileTask {
  path: string;
  at: Date;
  signal: AbortSignal;
  /** Told how many events are written. */
  onProgress: (events: number) => void;
}
