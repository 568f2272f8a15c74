import { castOf } from './recall/cast.ts';
import { tellAcross } from './recall/tell-across.ts';
import { tellNotices } from './recall/tell-notices.ts';
import { tellReport } from './recall/tell-report.ts';
import { load, type Loaded, openBooks } from './load.ts';
import type { DemoNode, DemoNodes } from './nodes.ts';
import { partnerUp } from './partner-up.ts';
import { countOf, type Screen } from './screen.ts';
import type { Stage } from './stage.ts';
import { tellAuthority } from './tell-authority.ts';
import { tellExport } from './tell-export.ts';
import { tellKeys } from './tell-keys.ts';
import { tellRequests } from './tell-requests.ts';
import { tellCorrection, tellSideBySide, tellSights } from './tell-sharing.ts';
import { finding, verifyCopies, waitForCopies, type Finding } from './verify.ts';
import { allSights } from './views.ts';

/** The whole story, step by step. @returns what was checked on the way, and at its end */
export async function tellStory(
  screen: Screen,
  nodes: DemoNodes,
  stage: Stage,
  exportTo: string | undefined,
): Promise<Finding[]> {
  const { list } = nodes;
  const { data } = stage;
  await tellPartners(screen, list);
  const recorded = await tellSeason(screen, list, stage);

  screen.step('Who sees what');
  const waitedSince = Date.now();
  const sights = await waitForCopies(await allSights(list));
  screen.say(
    'Each partner now keeps its own copy of what it may see: the signed records with only the permitted fields opened. ' +
      `All copies had caught up ${((Date.now() - waitedSince) / 1000).toFixed(1)} s after the last record.`,
  );
  screen.say();
  tellSights(screen, sights);

  screen.step('A key is changed');
  const rekeyed = await tellKeys(screen, list, nodes.of('greenvalley.example'));

  screen.step('One record, two pairs of eyes');
  const sideBySide = await tellSideBySide(screen, nodes, data);

  screen.step('A mistake is corrected');
  const corrected = await tellCorrection(screen, nodes);

  screen.step('Who may change what');
  const requested = await tellRequests(screen, nodes);

  screen.step('A node dies, and the book goes on');
  const authority = await tellAuthority(screen, nodes);

  const recall = await tellRecall(screen, nodes, stage);

  const exported: Finding[] = [];
  if (exportTo !== undefined) {
    screen.step('An auditor takes a book away');
    exported.push(await tellExport(screen, nodes, exportTo));
  }

  screen.step('Checked');
  const copies = await verifyCopies(list);
  const findings = [
    recorded,
    ...copies,
    sideBySide,
    corrected,
    ...requested,
    rekeyed,
    ...authority,
    ...recall,
    ...exported,
  ];
  for (const { holds, text, faults } of findings) {
    screen.check(holds, text);
    screen.show(faults);
  }
  return findings;
}

/** One case, from the first illnesses to the last answer. */
async function tellRecall(screen: Screen, nodes: DemoNodes, { data: { story } }: Stage): Promise<Finding[]> {
  const cast = castOf(nodes);
  screen.step('People fall ill');
  const { findings, ...suspicion } = await tellReport(screen, cast, story);
  screen.step('The trace goes from node to node');
  const traced = await tellAcross(screen, nodes, cast, suspicion);
  screen.step('The recall goes down the chain, and its answers come up');
  return [...findings, traced, ...(await tellNotices(screen, cast, suspicion))];
}

async function tellPartners(screen: Screen, list: readonly DemoNode[]): Promise<void> {
  screen.step('They become partners');
  const pairs = (list.length * (list.length - 1)) / 2;
  const made = await partnerUp(list);
  screen.say(
    made === 0
      ? `All ${pairs} pairs are partners from before.`
      : `${made} of ${pairs} pairs: one invites by a link, the other accepts it, and the first confirms by the fingerprint ` +
          'of the key that the other reads out. From then on every call between them is signed.',
  );
}

async function tellSeason(
  screen: Screen,
  list: readonly DemoNode[],
  { data, isNew }: Stage,
): Promise<Finding> {
  screen.step('They record six weeks of salad');
  const grants = (await Promise.all(list.map(openBooks))).reduce((sum, count) => sum + count, 0);
  screen.say(
    `Each opens its books and says in sharing rules who may see which fields, ${grants} rules in all. Then it records ` +
      'what it did: every record is checked, approved, numbered, chained to the one before, and signed.',
  );
  screen.say();
  const loaded = await Promise.all(list.map(load));
  const total = (pick: (each: Loaded) => number): number => loaded.reduce((sum, each) => sum + pick(each), 0);
  const row = (name: string, { documents, events, records, ms }: Loaded): string[] => [
    ...[name, documents, events, records].map(String),
    `${Math.round(((events + records) * 1000) / Math.max(ms, 1)).toLocaleString('en-US')}/s`,
  ];
  screen.table(
    ['ORGANISATION', 'DOCUMENTS', 'EVENTS', 'MASTER DATA', 'RATE'],
    list.map(({ season }, index) => row(`${season.name} (${season.role})`, loaded[index] as Loaded)),
  );
  const events = total((each) => each.events);
  screen.say();
  if (!isNew) screen.say('What was recorded before was answered at once, and is not doubled.');
  screen.say(
    `Approved: ${countOf(events, 'event')} and ${countOf(
      total((each) => each.records),
      'other record',
    )}.`,
  );
  return finding(`all ${data.entries.length} events of the season were approved`, [
    ...loaded.flatMap(({ refused }) => refused),
    ...(events === data.entries.length ? [] : [`${events} were`]),
  ]);
}
