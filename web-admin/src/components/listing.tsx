import { Table } from '@mantine/core';
import type { ReactNode } from 'react';

export interface Column<T> {
  head: string;
  cell: (row: T) => ReactNode;
  /** Numbers stand at the right, so that their digits are below one another. */
  isNumber?: boolean;
}

/** Things of one kind, a row for each. */
export function Listing<T>({
  label,
  columns,
  rows,
  keyOf,
  minWidth = 640,
}: {
  label: string;
  columns: readonly Column<T>[];
  rows: readonly T[];
  keyOf: (row: T) => string | number;
  minWidth?: number;
}) {
  return (
    <Table.ScrollContainer minWidth={minWidth} scrollAreaProps={{ viewportProps: { tabIndex: 0 } }}>
      <Table striped verticalSpacing="xs" aria-label={label}>
        <Table.Thead>
          <Table.Tr>
            {columns.map(({ head, isNumber }) => (
              <Table.Th key={head} ta={isNumber ? 'right' : undefined}>
                {head}
              </Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {rows.map((row) => (
            <Table.Tr key={keyOf(row)}>
              {columns.map(({ head, cell, isNumber }) => (
                <Table.Td key={head} ta={isNumber ? 'right' : undefined}>
                  {cell(row)}
                </Table.Td>
              ))}
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}

/** What is known of one thing: names and values; what is not known is left out. */
export function Facts({ label, facts }: { label: string; facts: Readonly<Record<string, ReactNode>> }) {
  return (
    <Table aria-label={label}>
      <Table.Tbody>
        {Object.entries(facts).flatMap(([name, value]) =>
          value === null || value === undefined || value === '' ? (
            []
          ) : (
            <Table.Tr key={name}>
              <Table.Th scope="row" fw={400} w={280} c="dimmed">
                {name}
              </Table.Th>
              <Table.Td>{value}</Table.Td>
            </Table.Tr>
          ),
        )}
      </Table.Tbody>
    </Table>
  );
}
