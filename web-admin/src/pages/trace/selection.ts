import { type Chain, siteOf } from './chain.ts';

/** The lots that are meant by what is chosen: lots themselves, those that were at a place, those of an event. */
export function chosenLots(
  { lots, events }: Pick<Chain, 'lots' | 'events'>,
  selected: readonly string[],
): ReadonlySet<string> {
  const wanted = new Set(selected);
  const chosen = new Set(selected.filter((id) => lots.has(id)));
  if (chosen.size === wanted.size) return chosen;
  for (const { record, places, links } of events) {
    if (!wanted.has(record) && !places.some((place) => wanted.has(siteOf(place)))) continue;
    for (const { identifier } of links) if (lots.has(identifier)) chosen.add(identifier);
  }
  return chosen;
}

/** Adds what is not chosen yet; where all of it is, takes it away. */
export function toggled(selected: readonly string[], ids: readonly string[]): string[] {
  const isAll = ids.every((id) => selected.includes(id));
  return isAll ? selected.filter((id) => !ids.includes(id)) : [...new Set([...selected, ...ids])];
}
