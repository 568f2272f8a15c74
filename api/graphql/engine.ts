import {
  GraphQLError,
  OperationTypeNode,
  getOperationAST,
  validate,
  type DocumentNode,
  type ExecutionArgs,
  type ExecutionResult,
  type GraphQLSchema,
  type OperationDefinitionNode,
} from 'graphql';
import { createYoga, type Plugin } from 'graphql-yoga';
import { LotbookError } from '../errors.ts';
import { BoundedCache } from '../ledger/bounded-cache.ts';
import { limitsRule, MAX_TOKENS } from './limits.ts';

/** A document that passed validation, with the operation that was asked for. */
export interface ReadDocument {
  document: DocumentNode;
  operation: OperationDefinitionNode;
}

/** In characters: documents are kept, values belong into variables. */
const LONGEST_DOCUMENT = 65_536;

/** What is wrong with a document; `errors` are those of graphql-js. */
export class DocumentError extends Error {
  override readonly name = 'DocumentError';

  constructor(readonly errors: readonly GraphQLError[]) {
    super('the document is not valid');
  }
}

export interface Engine {
  /** @throws DocumentError; LotbookError BAD_INPUT where no operation of the document has the name */
  read(query: string, operationName: string | null): ReadDocument;
  execute(args: ExecutionArgs): Promise<ExecutionResult>;
}

/**
 * GraphQL Yoga without its HTTP front: documents are parsed and validated once and kept, plugins take part in every step.
 * The front is our own (handler.ts), for a body is read without losing a digit, and a feed's bytes are shared between
 * subscribers, past any per-subscriber execution.
 */
export function openEngine(schema: GraphQLSchema): Engine {
  const yoga = createYoga({
    schema,
    logging: false,
    graphiql: false,
    landingPage: false,
    // Errors are masked where they are written (answer.ts), of subscriptions too.
    maskedErrors: false,
    parserAndValidationCache: { documentCache: boundedCache(), errorCache: boundedCache() },
    plugins: [limits()],
  });

  const valid = (query: string): DocumentNode => {
    const { parse, validate: check, schema: served } = yoga.getEnveloped({});
    const document = parsed(() => parse(query, { maxTokens: MAX_TOKENS }) as DocumentNode);
    const faults = check(served, document, undefined, { maxErrors: 20 }) as readonly GraphQLError[];
    if (faults.length > 0) throw new DocumentError(faults);
    return document;
  };

  return {
    read: (query, operationName) => {
      if (query.length > LONGEST_DOCUMENT) {
        throw new LotbookError('TOO_LARGE', 'The document is too long: give values as variables.', {
          place: 'query',
        });
      }
      const document = valid(query);
      const operation = getOperationAST(document, operationName);
      if (operation) return { document, operation };
      const message = 'Name one of the operations of the document.';
      throw new LotbookError('BAD_INPUT', message, { place: 'operationName' });
    },
    execute: async (args) => {
      const { execute } = yoga.getEnveloped({});
      return (await execute(args)) as ExecutionResult;
    },
  };
}

const MOST_KEPT = 256;
/** A parsed document takes a hundred times its text: a few hundred of the longest would fill the memory. */
const LONGEST_KEPT = 4_096;

/** The documents of applications are few and short; what is longer is read each time. */
function boundedCache<V>(): { get(key: string): V | undefined; set(key: string, value: V): void } {
  const kept = new BoundedCache<V>(MOST_KEPT);
  return {
    get: (key) => kept.get(key),
    set: (key, value) => {
      if (key.length <= LONGEST_KEPT) kept.set(key, value);
    },
  };
}

/** What a document may ask for is looked at before the costlier rules, once for each document. */
function limits(): Plugin {
  const known = new WeakMap<DocumentNode, readonly GraphQLError[]>();
  return {
    onValidate: ({ params, setResult }) => {
      const { schema, documentAST } = params as { schema: GraphQLSchema; documentAST: DocumentNode };
      let errors = known.get(documentAST);
      if (!errors) known.set(documentAST, (errors = validate(schema, documentAST, [limitsRule])));
      if (errors.length > 0) setResult(errors);
    },
  };
}

function parsed(parse: () => DocumentNode): DocumentNode {
  try {
    return parse();
  } catch (error) {
    if (error instanceof GraphQLError) throw new DocumentError([error]);
    // The parser descends with the document, and a few thousand brackets are deeper than its stack.
    if (error instanceof RangeError) {
      throw new LotbookError('BAD_INPUT', 'The document nests too deeply.', { place: 'query' });
    }
    throw error;
  }
}

export function isSubscription({ operation }: OperationDefinitionNode): boolean {
  return operation === OperationTypeNode.SUBSCRIPTION;
}
