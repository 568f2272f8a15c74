import { LotbookError } from '../errors.ts';
import { readJson } from '../events/json.ts';
import { isObject } from '../events/value.ts';
import { exactNumbers } from './exact-numbers.ts';

/** The parameters of a GraphQL request (GraphQL over HTTP, section 5.1). */
export interface GraphqlParams {
  /** Empty where a known document is asked for. */
  query: string;
  /** Names a document that the node knows (appendix "Persisted Documents"). */
  documentId: string | null;
  operationName: string | null;
  variables: Record<string, unknown>;
}

/**
 * Reads a request body strictly: no duplicate members, no NUL. A number that floating point cannot hold exactly becomes
 * its decimal as a string, so that no digit of a field is lost.
 * @throws LotbookError BAD_INPUT with the place
 */
export function readParams(text: string): GraphqlParams {
  const { value, faults } = readJson(text);
  const [fault] = faults;
  if (fault) throw bad(`The body is no sound JSON: ${fault.message}.`, fault.field);
  if (!isObject(value)) throw bad('The body is an object with query and variables.');
  const { query = null, documentId = null, operationName = null, variables = null } = value;
  if (documentId !== null && typeof documentId !== 'string')
    throw bad('Give the id of a document as a string.', 'documentId');
  if (documentId !== null && query !== null)
    throw bad('Give the document, or the id of one: not both.', 'documentId');
  if (documentId === null && typeof query !== 'string') throw bad('Give the document as a string.', 'query');
  if (operationName !== null && typeof operationName !== 'string') {
    throw bad('Give the name of an operation as a string.', 'operationName');
  }
  if (variables !== null && !isObject(variables)) throw bad('Give variables as an object.', 'variables');
  return {
    query: typeof query === 'string' ? query : '',
    documentId,
    operationName,
    variables: exactVariables(variables ?? {}),
  };
}

function exactVariables(variables: Record<string, unknown>): Record<string, unknown> {
  try {
    return exactNumbers(variables) as Record<string, unknown>;
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw bad('A number has more digits than this node keeps.', 'variables');
  }
}

function bad(message: string, place?: string): LotbookError {
  return new LotbookError('BAD_INPUT', message, { place });
}
