import {
  GraphQLError,
  OperationTypeNode,
  getOperationAST,
  parse,
  specifiedRules,
  validate,
  type DocumentNode,
  type GraphQLSchema,
  type OperationDefinitionNode,
} from 'graphql';
import { LotbookError } from '../errors.ts';
import { limitsRule, MAX_TOKENS } from './limits.ts';

/** A document that passed validation, with the operation that was asked for. */
export interface ReadDocument {
  document: DocumentNode;
  operation: OperationDefinitionNode;
}

/** What is wrong with a document; `errors` are those of graphql-js. */
export class DocumentError extends Error {
  override readonly name = 'DocumentError';

  constructor(readonly errors: readonly GraphQLError[]) {
    super('the document is not valid');
  }
}

export interface Documents {
  /** @throws DocumentError; LotbookError BAD_INPUT where no operation of the document has the name */
  read(query: string, operationName: string | null): ReadDocument;
}

const KEPT = 500;
const LONGEST_KEPT = 16_384;

/** Parses and validates each document once; the ones used last are kept. */
export function openDocuments(schema: GraphQLSchema): Documents {
  const kept = new Map<string, DocumentNode>();

  const valid = (query: string): DocumentNode => {
    const known = kept.get(query);
    if (known) {
      // A Map keeps its order: what was used last goes to the end.
      kept.delete(query);
      kept.set(query, known);
      return known;
    }
    const document = parseAndValidate(schema, query);
    if (query.length > LONGEST_KEPT) return document;
    const [oldest] = kept.size >= KEPT ? kept.keys() : [];
    if (oldest !== undefined) kept.delete(oldest);
    kept.set(query, document);
    return document;
  };

  return {
    read: (query, operationName) => {
      const document = valid(query);
      const operation = getOperationAST(document, operationName);
      if (operation) return { document, operation };
      const message = 'Name one of the operations of the document.';
      throw new LotbookError('BAD_INPUT', message, { place: 'operationName' });
    },
  };
}

function parseAndValidate(schema: GraphQLSchema, query: string): DocumentNode {
  const document = parsed(query);
  const errors = validate(schema, document, [limitsRule], { maxErrors: 20 });
  const faults = errors.length > 0 ? errors : validate(schema, document, specifiedRules, { maxErrors: 20 });
  if (faults.length > 0) throw new DocumentError(faults);
  return document;
}

function parsed(query: string): DocumentNode {
  try {
    return parse(query, { maxTokens: MAX_TOKENS });
  } catch (error) {
    if (error instanceof GraphQLError) throw new DocumentError([error]);
    throw error;
  }
}

export function isSubscription({ operation }: OperationDefinitionNode): boolean {
  return operation === OperationTypeNode.SUBSCRIPTION;
}
