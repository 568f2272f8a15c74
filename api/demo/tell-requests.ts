import type { DemoNode, DemoNodes } from './nodes.ts';
import {
  approve,
  ask,
  askAndWait,
  readRecord,
  waitForPending,
  waitForState,
  type Asked,
} from './requests.ts';
import { shorten, type Screen } from './screen.ts';
import { finding, type Finding } from './verify.ts';
import { allRecords, type SeenRecord } from './views.ts';
import { waitFor } from './wait.ts';

const GROWER = 'greenvalley.example';
const PACKER = 'freshpack.example';
const WAREHOUSE = 'coldchain.example';
const RETAILER = 'marketfresh.example';
const HARVEST = `${GROWER}/harvest`;
const PLANT = `${PACKER}/plant`;
const KILOGRAMS_LESS = 5;
const DAY_MS = 86_400_000;

/** A partner proposes, and the owner's people decide: or a rule does, in either way. */
export async function tellRequests(screen: Screen, nodes: DemoNodes): Promise<Finding[]> {
  const [packer, retailer] = [nodes.of(PACKER), nodes.of(RETAILER)];
  const lot = await lastLot(packer, HARVEST);
  return [
    await tellApproval(screen, nodes, lot),
    await tellStale(screen, packer, lot),
    await tellRefusal(screen, retailer, lot),
    await tellRule(screen, nodes),
  ];
}

async function lastLot(node: DemoNode, book: string): Promise<SeenRecord> {
  const lots = await allRecords(node, book, { filter: { kinds: ['LOT'] } });
  return lots.at(-1) as SeenRecord;
}

async function tellApproval(screen: Screen, nodes: DemoNodes, lot: SeenRecord): Promise<Finding> {
  const [packer, grower] = [nodes.of(PACKER), nodes.of(GROWER)];
  const before = Number(lot.fields['quantity']);
  const quantity = (before - KILOGRAMS_LESS).toFixed(1);
  screen.say(
    `Freshpack weighed lot ${nameOf(lot)}: ${quantity} kg, not ${before}. The lot is Green Valley's, so Freshpack's node ` +
      'signs an update request and delivers it. A sharing rule lets Freshpack propose this; a person decides.',
  );
  const asked = await ask({
    by: packer,
    book: HARVEST,
    record: lot.id,
    base: lot.version,
    fields: { quantity },
    reason: 'Weighed on arrival',
  });
  const waiting = await waitForPending(grower, HARVEST, packer);
  await waitForState(packer, asked.id, 'PENDING');
  screen.show([
    `at Freshpack     ${asked.state}, then PENDING`,
    `at Green Valley  waits: ${waiting.requester} proposes quantity ${quantity}: "${waiting.reason ?? ''}"`,
  ]);
  await approve(grower, waiting.id, 'The scale in the shed was wrong');
  const decided = await waitForState(packer, asked.id, 'APPROVED', 'REFUSED', 'REJECTED');
  const copy = await waitFor(`${packer.season.name} has the approved lot`, async () => {
    const held = await readRecord(packer, HARVEST, lot.id);
    return held && held.version > lot.version ? held : undefined;
  });
  screen.show([
    `at Green Valley  a person approves it: "The scale in the shed was wrong"`,
    `at Freshpack     ${decided.state}; its copy of the lot is version ${copy.version} with ${String(copy.fields['quantity'])} kg`,
  ]);
  const isAsTold = decided.state === 'APPROVED' && Number(copy.fields['quantity']) === Number(quantity);
  return finding(
    'a request of a partner waited for a person, was approved and came back',
    isAsTold ? [] : [`${decided.state}, ${String(copy.fields['quantity'])}`],
  );
}

async function tellStale(screen: Screen, packer: DemoNode, lot: SeenRecord): Promise<Finding> {
  screen.say();
  screen.say(`Freshpack asks once more, but on version ${lot.version}, which is no longer the current one.`);
  const asked = await askAndWait({
    by: packer,
    book: HARVEST,
    record: lot.id,
    base: lot.version,
    fields: { quantity: '1' },
    reason: 'Written on an old page',
  });
  screen.show([`at Freshpack     ${verdict(asked)}`]);
  const { code, currentVersion } = asked.error ?? {};
  return finding(
    'a request on an old version was refused, with the current version',
    code === 'STALE_BASE' && currentVersion === lot.version + 1 ? [] : [verdict(asked)],
  );
}

async function tellRefusal(screen: Screen, retailer: DemoNode, lot: SeenRecord): Promise<Finding> {
  screen.say();
  screen.say('Marketfresh tries the same with that lot, which no rule lets it see, nor change.');
  const asked = await askAndWait({
    by: retailer,
    book: HARVEST,
    record: lot.id,
    base: lot.version,
    fields: { quantity: '1' },
    reason: 'A try',
  });
  screen.show([`at Marketfresh   ${verdict(asked)}`]);
  return finding(
    'a request without a grant was refused',
    asked.error?.code === 'NOT_PERMITTED' ? [] : [verdict(asked)],
  );
}

async function tellRule(screen: Screen, nodes: DemoNodes): Promise<Finding> {
  const warehouse = nodes.of(WAREHOUSE);
  const lot = await lastLot(warehouse, PLANT);
  const bestBefore = String(lot.fields['bestBeforeDate']);
  const bestBeforeDate = new Date(Date.parse(bestBefore) - DAY_MS).toISOString().slice(0, 10);
  screen.say();
  screen.say(
    `Coldchain may change the best-before date of lots that it stores without asking a person: of lot ${nameOf(lot)} it ` +
      `takes a day off, ${bestBefore} becomes ${bestBeforeDate}.`,
  );
  const asked = await askAndWait({
    by: warehouse,
    book: PLANT,
    record: lot.id,
    base: lot.version,
    fields: { bestBeforeDate },
    reason: 'Stored too warm for an hour',
  });
  screen.show([`at Coldchain     ${verdict(asked)}`]);
  return finding(
    'a change that a rule allows was approved at once',
    asked.state === 'APPROVED' ? [] : [verdict(asked)],
  );
}

function verdict({ state, error, outcome }: Asked): string {
  if (error) return shorten(`${state}, ${error.code}: ${error.message}`, 90);
  return `${state}, version ${outcome[0]?.version ?? 0}`;
}

function nameOf({ fields, id }: SeenRecord): string {
  return typeof fields['lotNumber'] === 'string' ? fields['lotNumber'] : id;
}
