import { Title } from '@mantine/core';
import { useMemo } from 'react';
import { type Chain, flowsOf, siteOf } from './chain.ts';
import { Chosen } from './chosen.tsx';
import { GraphView } from './graph.tsx';
import { graphOf } from './graph-of.ts';
import { LotTable } from './lots.tsx';
import { SiteMap } from './map.tsx';
import type { Question } from './question.ts';
import { type Naming, type SceneNode, type Scene, sceneOf } from './scene.ts';
import { chosenLots, toggled } from './selection.ts';
import { Timeline } from './timeline.tsx';

export interface PicturesProps {
  chain: Chain;
  question: Question;
  change: (part: Partial<Question>) => void;
  naming: Naming;
}

/** The graph, the map, the timeline and the table of one chain, with one selection. */
export function Pictures({ chain, question, change, naming }: PicturesProps) {
  const { names } = naming;
  const { grouping, carriers } = question;
  const without = JSON.stringify(question.hidden);
  // What is chosen changes no place.
  const scene = useMemo(() => {
    const shown = { grouping, carriers, hidden: JSON.parse(without) as string[] };
    return sceneOf(graphOf(chain, shown), chain, grouping, naming);
  }, [chain, grouping, carriers, without, naming]);
  const chosen = useMemo(() => chosenLots(chain, question.selected), [chain, question.selected]);
  const chosenNodes = useMemo(() => nodesOf(scene, chosen), [scene, chosen]);
  const hidden = new Set(question.hidden);
  const lots = [...chain.lots.values()].filter(
    ({ id, as }) => !hidden.has(id) && (carriers || as !== 'CARRIER'),
  );
  const events = useMemo(() => chain.events.filter(({ declaredWrong }) => !declaredWrong), [chain]);
  const sites = useMemo(() => sitesOf(chain), [chain]);
  const flows = useMemo(() => flowsOf(chain), [chain]);
  const choose = (ids: readonly string[], isMore: boolean): void =>
    change({ selected: isMore ? toggled(question.selected, ids) : [...ids] });
  const chooseNode = (node: SceneNode | null, isMore: boolean): void =>
    choose(node === null ? [] : idsOf(node, question), isMore);
  return (
    <>
      <GraphView
        scene={scene}
        chosen={chosenNodes}
        onChoose={chooseNode}
        onHide={({ id }) => change({ hidden: [...question.hidden, id] })}
      />
      <div className="halves">
        <Chosen chain={chain} chosen={chosen} question={question} change={change} naming={naming} />
        <section aria-labelledby="map">
          <Title order={3} size="h5" mb="xs" id="map">
            Map
          </Title>
          <SiteMap
            sites={sites}
            flows={flows}
            chosen={chosen}
            names={names}
            onChoose={(site, isMore) => choose([site], isMore)}
          />
        </section>
      </div>
      <section aria-labelledby="timeline">
        <Title order={3} size="h5" mb="xs" id="timeline">
          Timeline
        </Title>
        <Timeline
          events={events}
          chosen={chosen}
          naming={naming}
          onChoose={(of, isMore) =>
            choose(
              of.map(({ record }) => record),
              isMore,
            )
          }
        />
      </section>
      <Title order={3} size="h5">
        Lots
      </Title>
      <LotTable lots={lots} chosen={chosen} naming={naming} onChoose={(id) => choose([id], true)} />
    </>
  );
}

function nodesOf({ nodes }: Scene, chosen: ReadonlySet<string>): ReadonlySet<string> {
  const isChosen = (id: string): boolean => chosen.has(id);
  return new Set(
    [...nodes.values()]
      .filter(({ kind, lots }) => (kind === 'MIXING' ? lots.every(isChosen) : lots.some(isChosen)))
      .map(({ id }) => id),
  );
}

function idsOf({ id, kind, lots }: SceneNode, { grouping }: Question): readonly string[] {
  return kind === 'GROUP' && !(grouping === 'place' && id !== '') ? lots : kind === 'MIXING' ? lots : [id];
}

function sitesOf({ events, lots }: Chain): { id: string; lots: Set<string> }[] {
  const sites = new Map<string, Set<string>>();
  for (const { places, links } of events) {
    const [place] = places;
    if (place === undefined) continue;
    const known = sites.get(siteOf(place)) ?? new Set();
    for (const { identifier } of links) if (lots.has(identifier)) known.add(identifier);
    sites.set(siteOf(place), known);
  }
  return [...sites].map(([id, of]) => ({ id, lots: of }));
}
