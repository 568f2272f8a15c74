import { useQuery } from 'urql';
import { NodeDocument, type NodeQuery, type Role } from '../operations/generated/documents.ts';

type Node = NodeQuery['node'];

/** The node that one looks at, and whether one has a role in all of it: an administrator has every one, and every role reads. */
export function useCaller(): { node: Node | undefined; has: (role: Role) => boolean } {
  const [{ data }] = useQuery({ query: NodeDocument, requestPolicy: 'cache-first' });
  const roles = data?.node.caller.roles ?? [];
  return {
    node: data?.node,
    has: (role) =>
      roles.includes(role) || roles.includes('ADMINISTRATOR') || (role === 'VIEWER' && roles.length > 0),
  };
}
