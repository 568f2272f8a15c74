import { Select } from '@mantine/core';
import { useSearchParams } from 'react-router';
import { useQuery } from 'urql';
import { BooksDocument } from '../operations/generated/documents.ts';

/** Which book a page is about; it stands in the address, so that a link leads to what one sees. */
export function useBook(): { book: string | null; choice: React.ReactNode } {
  const [params, setParams] = useSearchParams();
  const [{ data }] = useQuery({ query: BooksDocument });
  const books = data?.books ?? [];
  const book = params.get('book') ?? books[0]?.id ?? null;
  const choice = (
    <Select
      label="Book"
      w={320}
      maw="100%"
      value={book}
      data={books.map(({ id, title }) => ({ value: id, label: `${title} (${id})` }))}
      allowDeselect={false}
      onChange={(next) => next && setParams({ book: next })}
    />
  );
  return { book, choice };
}
