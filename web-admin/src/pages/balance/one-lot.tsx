import { Card, Text, Title } from '@mantine/core';
import { shortOf } from '../../components/names.ts';
import { amountText, unitText } from '../trace/words.ts';
import { Sankey } from './sankey.tsx';
import { accountOfLot, type Balance } from './words.ts';

/** The account of a lot, with every conversion that it took. */
export function OneLot({ lot, product }: { lot: Balance; product: string }) {
  const { unit, conversions, untold, apart } = lot;
  return (
    <Card withBorder component="section" aria-label={`Balance of ${shortOf(lot.lot)}`}>
      <Title order={3} size="h5">
        {shortOf(lot.lot)}, {product}
      </Title>
      <Sankey account={accountOfLot(lot)} title={shortOf(lot.lot)} />
      {conversions.map(({ from, to, factor, source, quantity, result }) => (
        <Text key={`${from} ${to} ${factor}`} size="sm">
          {amountText(quantity, from)} = {amountText(result, to)}: 1 {unitText(from)} is {factor}{' '}
          {unitText(to)}
          {source === 'REC20' ? ' (UN/ECE Recommendation 20)' : ' (as you gave it)'}.
        </Text>
      ))}
      {apart.map(({ kind, quantity, unit: other, event }) => (
        <Text key={event} size="sm">
          Not in the sums, since nothing says how many {unitText(unit)} that is: {kind.toLowerCase()}{' '}
          {amountText(quantity, other)}.
        </Text>
      ))}
      {untold.length > 0 && <Text size="sm">{untold.length} events of it tell no quantity.</Text>}
    </Card>
  );
}
