import { useCallback, useEffect, useMemo, useState } from 'react';
import { useClient, useQuery } from 'urql';
import {
  BooksDocument,
  NamesDocument,
  OrganisationsDocument,
  PeopleDocument,
} from '../operations/generated/documents.ts';
import { useCaller } from './caller.ts';

/** What organisations and people are called: by the id of an organisation, or a client id; the id where no name is known. */
export function useNames(): (id: string) => string {
  const { node, has } = useCaller();
  const requestPolicy = 'cache-first';
  const [organisations] = useQuery({ query: OrganisationsDocument, requestPolicy, pause: !has('VIEWER') });
  const [people] = useQuery({ query: PeopleDocument, requestPolicy, pause: !has('ADMINISTRATOR') });
  const names = useMemo(() => {
    const known = new Map<string, string>();
    for (const { organisation, name } of organisations.data?.partners ?? []) known.set(organisation, name);
    for (const { clientId, name } of people.data?.people ?? []) if (name) known.set(clientId, name);
    if (node) known.set(node.organisation, node.name);
    return known;
  }, [organisations.data, people.data, node]);
  return useCallback((id) => names.get(id) ?? id, [names]);
}

/** What master data tells of a product, a place or a party. */
export interface Named {
  name: string;
  /** degrees */
  at: { latitude: number; longitude: number } | null;
  /** A place's town, with its state or country. */
  town: string | null;
}

const AT_ONCE = 100;

/** Names of products, places and parties, by their identifiers, from every book of which one may see something. */
export function useMasterData(ids: readonly string[]): ReadonlyMap<string, Named> {
  const client = useClient();
  const [{ data }] = useQuery({ query: BooksDocument });
  const [known, setKnown] = useState<ReadonlyMap<string, Named>>(new Map());
  const key = useMemo(() => [...new Set(ids)].sort().join(' '), [ids]);
  const books = data?.books.map(({ id }) => id).join(' ') ?? '';
  useEffect(() => {
    const gone = new AbortController();
    const look = async (): Promise<void> => {
      const wanted = key.split(' ');
      for (let at = 0; at < wanted.length && !gone.signal.aborted; at += AT_ONCE) {
        const some = wanted.slice(at, at + AT_ONCE);
        const found = await Promise.all(
          books
            .split(' ')
            .map((book) =>
              client.query(NamesDocument, { book, ids: some }, { requestPolicy: 'cache-first' }).toPromise(),
            ),
        );
        const named = found.flatMap((answer) =>
          (answer.data?.records.edges ?? []).flatMap(({ node }) => namedOf(node.id, node.fields)),
        );
        if (!gone.signal.aborted && named.length > 0) setKnown((before) => new Map([...before, ...named]));
      }
    };
    if (key !== '' && books !== '') void look();
    return () => gone.abort();
  }, [client, key, books]);
  return known;
}

function namedOf(id: string, value: unknown): [string, Named][] {
  const fields = (value ?? {}) as Readonly<Record<string, unknown>>;
  const text = (name: string): string | null =>
    typeof fields[name] === 'string' && fields[name] !== '' ? fields[name] : null;
  const name = text('name') ?? text('description');
  const [latitude, longitude] = [Number(text('geo.latitude')), Number(text('geo.longitude'))];
  const isPlaced = text('geo.latitude') !== null && Number.isFinite(latitude) && Number.isFinite(longitude);
  if (name === null && !isPlaced) return [];
  const town = [text('address.city'), text('address.state') ?? text('address.country')];
  return [
    [
      id,
      {
        name: name ?? shortOf(id),
        at: isPlaced ? { latitude, longitude } : null,
        town: town.filter(Boolean).join(', ') || null,
      },
    ],
  ];
}

/** The product that a lot or an item is of. */
export function productOf(id: string): string {
  return id.replace(/\/(10|21)\/.*$/, '');
}

/** What of an identifier is worth reading where no name is known: the lot, the serial number, the key's digits. */
export function shortOf(id: string): string {
  const parts = /^https:\/\/id\.gs1\.org\/(\d+)\/([^/]+)(?:\/(\d+)\/([^/]+))?$/.exec(id);
  if (!parts) return id.startsWith('urn:') ? id.slice(id.lastIndexOf(':') + 1) : id;
  const [, ai, value = '', , qualifier] = parts;
  if (qualifier !== undefined) return ai === '414' ? `${value} / ${decode(qualifier)}` : decode(qualifier);
  return ai === '00' ? `…${value.slice(-6)}` : decode(value);
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
