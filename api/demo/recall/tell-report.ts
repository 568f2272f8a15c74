import type { DemoNode } from '../nodes.ts';
import { countOf, type Screen } from '../screen.ts';
import type { Story } from '../season/story.ts';
import { finding, type Finding } from '../verify.ts';
import { countCases, openCase, shareCase, writeEntry } from './calls.ts';
import type { Cast } from './cast.ts';

/** The case, and the lots that its legs have in common. */
export interface Suspicion {
  case: { id: string; book: string };
  /** Canonical id. */
  lot: string;
}

interface Candidate {
  kind: string;
  identifier: string;
  explains: string[];
  score: number;
}

const CONVERGE = `query ($input: ConvergeInput!) {
  converge(input: $input) { candidates { kind identifier explains score } }
}`;
const SHOWN = 4;

/** From the first report to a suspect lot. */
export async function tellReport(
  screen: Screen,
  { agency, packer }: Cast,
  story: Story,
): Promise<Suspicion & { findings: Finding[] }> {
  const before = await countCases(agency);
  const title = 'Illnesses after bagged salad';
  const opened = await openCase(agency, {
    title: before === 0 ? title : `${title} (${before + 1})`,
    class: 'CLASS_I',
    hazard: 'Escherichia coli O157:H7',
  });
  const ill = story.cases.reduce((sum, { illnesses }) => sum + illnesses, 0);
  screen.say(
    `${ill} people fell ill who had eaten salad of ${countOf(story.cases.length, 'shop')}. ${agency.season.name} opens a case: ` +
      'a book of its own, whose log is the signed log of who did what. Its clock of 24 hours runs.',
  );
  screen.say();
  await tellLegs(screen, agency, opened.book, story);
  const candidates = await converge(agency, story);
  screen.say();
  screen.say('What the legs have in common, by the records that the agency may see (FoodChain-Lab score):');
  screen.table(
    ['UPSTREAM', 'WHAT', 'EXPLAINS', 'SCORE'],
    candidates
      .slice(0, SHOWN)
      .map(({ identifier, kind, explains, score }) => [
        endOf(identifier),
        kind === 'PLACE' ? 'place' : 'lot',
        `${explains.length} of ${story.cases.length}`,
        score.toFixed(2),
      ]),
  );
  const common = candidates.filter(({ kind, score }) => kind === 'THING' && score === 1);
  const suspect = common.find(({ identifier }) => endOf(identifier) === lotOf(story.contaminatedLot));
  const lot = suspect?.identifier ?? '';
  screen.say();
  screen.say(
    `${countOf(common.length, 'lot')} would explain everything: ${common.map(({ identifier }) => endOf(identifier)).join(', ')}. ` +
      `A sample of ${endOf(lot)} is positive: it is the suspect. ${packer.season.name}, who cut it, may work on the file.`,
  );
  await writeEntry(agency, opened.book, 'CASE_LINE', {
    type: 'SAMPLE',
    lot,
    analyte: 'Escherichia coli O157:H7',
    method: 'PCR',
    result: 'POSITIVE',
    reporter: agency.season.name,
  });
  await writeEntry(agency, opened.book, 'SUSPECT', {
    type: 'LOT',
    subject: lot,
    why: `It explains all ${story.cases.length} legs, and a sample was positive`,
    state: 'CONFIRMED',
    by: agency.season.name,
  });
  await shareCase(agency, opened.book, packer);
  const found = finding(
    'the lot that made people ill explains all legs of the case, and is among those with the best score',
    suspect
      ? []
      : [`${lotOf(story.contaminatedLot)} is not among ${common.map(({ identifier }) => identifier).join()}`],
  );
  return { case: opened, lot, findings: [found] };
}

async function tellLegs(
  screen: Screen,
  agency: DemoNode,
  book: string,
  { cases, affectedStores }: Story,
): Promise<void> {
  const nameOf = (store: string): string => affectedStores.find(({ id }) => id === store)?.name ?? store;
  for (const { store, lot, illnesses, from, until } of cases) {
    await writeEntry(agency, book, 'CASE_LINE', {
      type: 'ILLNESS',
      from: `${from}T00:00:00Z`,
      until: `${until}T00:00:00Z`,
      place: store,
      lot,
      count: String(illnesses),
      reporter: 'County health department',
    });
  }
  screen.table(
    ['BOUGHT AT', 'LOT', 'ILL', 'FROM', 'UNTIL'],
    cases.map(({ store, lot, illnesses, from, until }) => [
      nameOf(store),
      endOf(lot),
      String(illnesses),
      from,
      until,
    ]),
  );
}

async function converge(agency: DemoNode, { cases }: Story): Promise<Candidate[]> {
  const legs = cases.map(({ store, lot, illnesses }) => ({
    name: endOf(store),
    cases: illnesses,
    starts: [{ thing: lot }],
  }));
  const { converge: answer } = await agency.query(CONVERGE, { input: { legs } });
  const { candidates } = answer as unknown as { candidates: Candidate[] };
  // Of what explains as much, what is closer to the field comes after the plants that all salad goes through.
  return candidates.filter(({ kind }) => kind === 'THING');
}

/** The last part of an identifier: the number of a lot. */
export function endOf(identifier: string): string {
  return identifier.split('/').at(-1) ?? identifier;
}

/** Of the notation in which the season writes a lot. */
function lotOf(identifier: string): string {
  return endOf(identifier).split('.').at(-1) ?? identifier;
}
