import { LotbookError } from '../errors.ts';
import { isObject } from '../events/value.ts';
import { access, type RootType } from './access.ts';
import type { GraphQLContext, Services } from './context.ts';

type Args = Readonly<Record<string, unknown>>;

/** Mutations that are noted whoever makes them: nobody needs one of the roles above for them. */
const ALWAYS_NOTED: ReadonlySet<string> = new Set([
  // What callers do for themselves.
  'endSession',
  'endAllSessions',
  'addWebhook',
  'replayWebhook',
  'enableWebhook',
  'removeWebhook',
  // What opens more than the ordinary rules, or closes it.
  'proposeEmergency',
  'declareEmergency',
  'endEmergency',
  // What leaves the node as a file.
  'printRecords',
  'startFile',
]);
const REFUSALS: ReadonlySet<string> = new Set(['UNAUTHENTICATED', 'NOT_PERMITTED']);

/**
 * Calls an operation, and tells the access log of it where it is refused; of what administrators and auditors do, and of emergencies, in any case,
 * before it is answered: nobody is told of a change that the log has not.
 */
export function noted(
  context: GraphQLContext,
  type: RootType,
  operation: { action: string; args: Args },
  call: () => unknown,
): unknown {
  const { caller, address, people } = context;
  const { action, args } = operation;
  const refused = (error: unknown): never => {
    noteRefusal(context, { who: caller.clientId, address, action, args }, error);
    throw error;
  };
  const done = async (answer: unknown): Promise<unknown> => {
    const error = isObject(answer) ? answer['error'] : null;
    const result = isObject(error) ? String(error['code']) : 'OK';
    const object = objectOf(args, answer);
    await people.log.note({ who: caller.clientId, address, action, object, result });
    return answer;
  };
  try {
    const answer = call();
    if (!(answer instanceof Promise)) return answer;
    return answer.then(isNoted(type, action) ? done : undefined, refused);
  } catch (error) {
    return refused(error);
  }
}

function isNoted(type: RootType, operation: string): boolean {
  if (type !== 'Mutation') return false;
  const admission = access.Mutation[operation];
  const role = typeof admission === 'object' ? admission.role : admission;
  return role === 'ADMINISTRATOR' || role === 'AUDITOR' || ALWAYS_NOTED.has(operation);
}

/** @param who null where nobody was recognised */
export function noteRefusal(
  { people }: Pick<Services, 'people'>,
  call: { who: string | null; address: string; action: string; args?: Args },
  error: unknown,
): void {
  if (!(error instanceof LotbookError) || !REFUSALS.has(error.code)) return;
  const { who, address, action, args = {} } = call;
  people.log.noteLater({ who, address, action, object: objectOf(args, null), result: error.code });
}

/** Ids, by which others find what it was about: given, or made. */
function objectOf(args: Args, answer: unknown): string | null {
  const { input } = args;
  const given = { ...(isObject(input) ? input : {}), ...args };
  const made = isObject(answer)
    ? [answer['person'], answer['apiToken'], answer['client'], answer['file']]
    : [];
  const names = ['book', 'person', 'organisation', 'clientId', 'id'];
  const found = [
    ...names.map((name) => given[name]),
    ...made.flatMap((each) => (isObject(each) ? [each['clientId'] ?? each['id']] : [each])),
  ].find((each) => typeof each === 'string');
  const roles = Array.isArray(given['roles']) ? given['roles'].map(roleText).join(' ') : '';
  return typeof found === 'string' ? [found, roles].join(' ').trim() : roles || null;
}

function roleText(given: unknown): string {
  if (!isObject(given)) return String(given);
  const book = given['book'];
  return typeof book === 'string' ? `${String(given['role'])}@${book}` : String(given['role']);
}
