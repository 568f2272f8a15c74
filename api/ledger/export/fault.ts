/** Where an export is not what it should be: it ends the verification. */
export interface Fault {
  /** The line, from 1; of what is missing, the line after which it is missing. */
  readonly line: number;
  /** The entry of the log that it is about. */
  readonly seq?: number | undefined;
  /** For programs. */
  readonly code: string;
  /** For people; without any field's value. */
  readonly message: string;
}

export class ExportFault extends Error implements Fault {
  override readonly name = 'ExportFault';

  constructor(
    readonly line: number,
    readonly code: string,
    message: string,
    readonly seq?: number,
  ) {
    super(message);
  }
}
