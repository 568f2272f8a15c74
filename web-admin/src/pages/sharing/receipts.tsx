import { useQuery } from 'urql';
import { Empty } from '../../components/empty.tsx';
import { type Column, Listing } from '../../components/listing.tsx';
import { useNames } from '../../components/names.ts';
import { Shown } from '../../components/shown.tsx';
import { When } from '../../components/when.tsx';
import { BooksDocument, ReceiptsDocument, type ReceiptsQuery } from '../../operations/generated/documents.ts';

type Receipt = ReceiptsQuery['receipts'][number];

/** Who keeps what: each says so itself, when it has it safely. */
export function Receipts({ book }: { book: string }) {
  const [receipts] = useQuery({ query: ReceiptsDocument, variables: { book } });
  const [{ data }] = useQuery({ query: BooksDocument });
  const nameOf = useNames();
  const length = data?.books.find(({ id }) => id === book)?.length ?? null;
  const columns: readonly Column<Receipt>[] = [
    { head: 'Who', cell: ({ subscriber }) => nameOf(subscriber) },
    {
      head: 'Keeps safely what it may see',
      cell: ({ seq }) =>
        length !== null && seq >= length
          ? `everything, up to entry ${seq}`
          : `up to entry ${seq} of ${length ?? '?'}`,
    },
    { head: 'Said so last', cell: ({ at }) => <When at={at} /> },
  ];
  return (
    <Shown of={receipts}>
      {({ receipts: list }) =>
        list.length === 0 ? (
          <Empty what="Nobody has received anything of this book yet.">
            A partner appears here when its node has what you opened to it, and says so.
          </Empty>
        ) : (
          <Listing label="Received" columns={columns} rows={list} keyOf={({ subscriber }) => subscriber} />
        )
      }
    </Shown>
  );
}
