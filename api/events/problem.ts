/** The closed list of what can be wrong with an event, a record or a document. */
export type ProblemCode =
  | 'MALFORMED_JSON'
  | 'DUPLICATE_KEY'
  | 'FORBIDDEN_CHARACTER'
  | 'FORBIDDEN_NAME'
  | 'TOO_DEEP'
  | 'WRONG_TYPE'
  | 'MISSING_FIELD'
  | 'UNKNOWN_FIELD'
  | 'UNKNOWN_PREFIX'
  | 'UNKNOWN_VALUE'
  | 'NOT_ALLOWED'
  | 'BAD_CONTEXT'
  | 'BAD_DATE_TIME'
  | 'BAD_NUMBER'
  | 'BAD_URI'
  | 'BAD_IDENTIFIER'
  | 'CHECK_DIGIT'
  | 'EMPTY';

/**
 * One fault and its place. `event` is the 0-based index in the event list, or null where the fault is outside of it;
 * `field` is the JSON path from the top of what was given, such as `epcisBody.eventList[1].action`;
 * `message` tells what to do and never repeats a value.
 */
export interface Problem {
  event: number | null;
  field: string;
  code: ProblemCode;
  message: string;
}

/** No document reports more faults, or more warnings, than this. */
export const MAX_PROBLEMS = 100;

/** The faults and the warnings found on one pass. With `eachEvent`, more than MAX_PROBLEMS: at least one of each event. */
export class Problems {
  readonly list: Problem[] = [];
  readonly warnings: Problem[] = [];
  /** the index of the event that is looked at */
  event: number | null = null;
  readonly #eachEvent: boolean;

  constructor(eachEvent = false) {
    this.#eachEvent = eachEvent;
  }

  /** True where no more faults are told, and hints need not be looked for. */
  get full(): boolean {
    return this.list.length >= MAX_PROBLEMS && !(this.#eachEvent && this.list.at(-1)?.event !== this.event);
  }

  add(field: string, code: ProblemCode, message: string): void {
    if (!this.full) this.list.push({ event: this.event, field, code, message });
  }

  warn(field: string, code: ProblemCode, message: string): void {
    if (this.warnings.length < MAX_PROBLEMS) this.warnings.push({ event: this.event, field, code, message });
  }
}
