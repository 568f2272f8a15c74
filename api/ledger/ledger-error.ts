export type LedgerErrorCode =
  | 'BAD_FIELD_NAME' // empty, too long, reserved, or not well-formed Unicode: rename the field
  | 'BAD_FIELD_VALUE' // not JSON, or with a member name that SD-JWT reserves: correct the value
  | 'BAD_CHAIN' // version and prev do not belong together: refresh the record and try again
  | 'TOO_MANY_FIELDS' // no collision-free slots up to 4096: split the record
  | 'NOT_A_CHANGE' // a stored token that is no change token: restore it from a copy
  | 'STATE_MISMATCH'; // state or record key are not the token's: load the ones of the same version

/** The ledger was asked for something that it must not or cannot do. Never carries a field's value. */
export class LedgerError extends Error {
  constructor(
    readonly code: LedgerErrorCode,
    message: string,
  ) {
    super(message);
    this.name = 'LedgerError';
  }
}
