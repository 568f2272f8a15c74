/** Every way in which opening the store can fail; the message tells the operator what to do. */
export type StoreErrorCode =
  | 'EMBEDDED_IN_USE'
  | 'EMBEDDED_UNSUPPORTED'
  | 'EMBEDDED_WRONG_OWNER'
  | 'EMBEDDED_START_FAILED'
  | 'EMBEDDED_LOST'
  | 'MIGRATION_UNFINISHED'
  | 'MIGRATION_MISSING'
  | 'MIGRATION_EDITED'
  | 'MIGRATION_FAILED';

export class StoreError extends Error {
  readonly code: StoreErrorCode;

  constructor(code: StoreErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'StoreError';
    this.code = code;
  }
}
