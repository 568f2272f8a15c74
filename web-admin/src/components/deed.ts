import { type AnyVariables, type TypedDocumentNode, useMutation } from 'urql';

/** What went wrong, and what to do next. */
export interface Wrong {
  message: string;
  duty: string;
}

type Payload = { error?: Wrong | null } | null;
export type Outcome<P> = { payload: P; wrong?: undefined } | { payload?: undefined; wrong: Wrong };

/** A mutation of one operation: does it, and tells what came of it, whichever way it failed. */
export function useDeed<D extends Readonly<Record<string, Payload>>, V extends AnyVariables>(
  document: TypedDocumentNode<D, V>,
): [run: (variables: V) => Promise<Outcome<NonNullable<D[keyof D]>>>, isRunning: boolean] {
  const [{ fetching }, mutate] = useMutation(document);
  const run = async (variables: V): Promise<Outcome<NonNullable<D[keyof D]>>> => {
    const { data, error } = await mutate(variables);
    const payload = data ? (Object.values(data)[0] as D[keyof D]) : null;
    if (payload) return payload.error ? { wrong: payload.error } : { payload };
    const told = error?.graphQLErrors[0];
    return {
      wrong: {
        message: told?.message ?? 'The node does not answer.',
        duty: (told?.extensions['duty'] as string | undefined) ?? 'Try again in a moment.',
      },
    };
  };
  return [run, fetching];
}
