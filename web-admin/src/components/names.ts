import { useQuery } from 'urql';
import { PartnersDocument, PeopleDocument } from '../operations/generated/documents.ts';
import { useCaller } from './caller.ts';

/** What organisations and people are called: by the client id, or the id of an organisation; the id where no name is known. */
export function useNames(): (id: string) => string {
  const { node, has } = useCaller();
  const [partners] = useQuery({
    query: PartnersDocument,
    requestPolicy: 'cache-first',
    pause: !has('VIEWER'),
  });
  const [people] = useQuery({
    query: PeopleDocument,
    requestPolicy: 'cache-first',
    pause: !has('ADMINISTRATOR'),
  });
  return (id) => {
    if (id === node?.organisation) return node.name;
    const partner = partners.data?.partners.find(({ organisation }) => organisation === id);
    if (partner) return partner.name;
    return people.data?.people.find(({ clientId }) => clientId === id)?.name ?? id;
  };
}
