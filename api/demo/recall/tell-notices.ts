import type { JsonValue } from '../../identity/strict-json.ts';
import { Exact } from '../../recall/exact.ts';
import { bookId } from '../load.ts';
import type { DemoNode } from '../nodes.ts';
import { countOf, type Screen } from '../screen.ts';
import { finding, type Finding } from '../verify.ts';
import { waitFor } from '../wait.ts';
import {
  confirm,
  draftNotice,
  editNotice,
  type Found,
  forwardNotice,
  type Notice,
  readNotice,
  readScore,
  type Received,
  sendOut,
  type Tier,
  waitForNotice,
  writeEntry,
} from './calls.ts';
import type { Cast } from './cast.ts';
import { endOf, type Suspicion } from './tell-report.ts';

const DAY_MS = 86_400_000;
const RECONCILE = `query ($input: ReconcileInput!) {
  reconcile(input: $input) { lots { lot unit made sold waste left } transformations { unit difference } }
}`;

/** From tier to tier down the chain, and the answers up again, until nothing is open. */
export async function tellNotices(screen: Screen, cast: Cast, suspicion: Suspicion): Promise<Finding[]> {
  const { agency, packer, warehouse, retailer } = cast;
  const { id } = suspicion.case;
  const first = await tellFirst(screen, cast, suspicion);
  const second = await passOn(packer, await waitForNotice(packer, id));
  tellSent(screen, packer, second);
  screen.say(
    `The node of ${warehouse.season.name} is down still: the notice waits for it, and the board says so.`,
  );
  tellBoard(screen, packer, second);
  await warehouse.restart();
  const atWarehouse = await waitForNotice(warehouse, id);
  const third = await passOn(warehouse, atWarehouse);
  screen.say();
  screen.say(`${warehouse.season.name} is back, and has it.`);
  tellSent(screen, warehouse, third);

  const lots = third.lots.map(({ lot }) => lot);
  await confirm(retailer, await waitForNotice(retailer, id), await foundBy(retailer, lots));
  await confirm(warehouse, atWarehouse, await foundBy(warehouse, lots));
  await confirm(packer, await waitForNotice(packer, id), []);
  const atAgency = await whole(agency, first, 2);
  const atPacker = await whole(packer, second, 1);
  screen.say();
  screen.say(
    `Each confirms what it found. Upwards go sums alone: ${agency.season.name} sees that all below have confirmed, and not who they are.`,
  );
  tellBoard(screen, agency, atAgency);
  tellBoard(screen, packer, atPacker);
  screen.say();
  await tellCheck(screen, agency, first);
  return [
    allAnswered([atAgency, atPacker, await readNotice(warehouse, third)]),
    reconciled(packer, atPacker),
  ];
}

async function tellFirst(
  screen: Screen,
  { agency, packer }: Cast,
  { case: { book }, lot }: Suspicion,
): Promise<Notice> {
  const drafted = await draftNotice(agency, {
    ...contentOf(agency, book),
    lots: [{ lot }],
    recipients: [{ name: packer.season.name, organisation: packer.organisation }],
  });
  const sent = await sendOut(agency, drafted);
  screen.say(
    `${agency.season.name} drafts a notice to ${packer.season.name}; a second person has to approve it before it goes out. Who gets a ` +
      'notice sees the lots, what to do, and its own reply; not who else is notified.',
  );
  return sent;
}

/** The lots that were made of those in it, and to whom they went, are found by a trace. */
async function passOn(node: DemoNode, received: Received): Promise<Notice> {
  const draft = await forwardNotice(node, received);
  await editNotice(node, draft, {
    ...contentOf(node, draft.book),
    lots: draft.lots,
    recipients: draft.recipients,
  });
  return sendOut(node, draft);
}

/** Whether who was told has acted is looked at by somebody, and not only believed. */
async function tellCheck(screen: Screen, agency: DemoNode, { book, id, replies }: Notice): Promise<void> {
  const [{ recipient } = { recipient: '' }] = replies;
  await writeEntry(agency, book, 'CHECK', {
    notice: id,
    recipient,
    method: 'PHONE',
    at: new Date().toISOString(),
    by: agency.season.name,
    informed: true,
    acted: true,
  });
  const { toIssue, toAnswered, effective } = await readScore(agency, book);
  screen.say(
    `The clock of the case: the first notice after ${toIssue ?? '-'} s, all answers after ${toAnswered ?? '-'} s; of its ` +
      `effectiveness checks ${Math.round((effective ?? 0) * 100)} % found that the recipient knew and had acted.`,
  );
}

function contentOf({ season: { name, id } }: DemoNode, book: string): Record<string, JsonValue> {
  return {
    book,
    title: 'Salad that may hold Escherichia coli O157:H7',
    class: 'CLASS_I',
    depth: 'RETAIL',
    reason: 'MICROBIOLOGICAL',
    hazard: 'Escherichia coli O157:H7',
    instructions: 'Stop selling it, keep it apart, and tell how much you have of each lot.',
    contact: { name, email: `traceability@${id}` },
    afterHoursContact: { name: `${name}, on duty`, phone: '+1-916-555-0199' },
    acknowledgeBy: new Date(Date.now() + DAY_MS).toISOString(),
    respondBy: new Date(Date.now() + 2 * DAY_MS).toISOString(),
  };
}

/** What the book of the node says became of the lots: sold, still there, or lost where they were packed anew. */
async function foundBy(node: DemoNode, lots: readonly string[]): Promise<Found[]> {
  const [{ slug } = { slug: '' }] = node.season.books;
  const { reconcile } = await node.query(RECONCILE, {
    input: { starts: lots.map((thing) => ({ thing })), depth: 0, books: [bookId(node, slug)] },
  });
  const { lots: balances, transformations } = reconcile as unknown as {
    lots: { lot: string; unit: string; made: string; sold: string; waste: string; left: string }[];
    transformations: { unit: string; difference: string }[];
  };
  const packed = balances.find(({ made }) => Number(made) > 0);
  const found = [
    ...balances.flatMap(({ lot, unit: uom, sold, waste, left }) => [
      { lot, uom, quantity: sold, disposition: 'SOLD' },
      { lot, uom, quantity: waste, disposition: 'DESTROYED' },
      { lot, uom, quantity: left, disposition: 'QUARANTINED' },
    ]),
    ...transformations.map(({ unit: uom, difference }) => ({
      lot: packed?.lot ?? '',
      uom,
      quantity: difference.replace('-', ''),
      disposition: 'DESTROYED',
    })),
  ];
  return found.filter(({ quantity }) => Number(quantity) > 0);
}

/** The notice when all of it is confirmed, down to the last tier. */
function whole(node: DemoNode, notice: Notice, below: number): Promise<Notice> {
  return waitFor(`all answers are at ${node.season.name}`, async () => {
    const now = await readNotice(node, notice);
    const { board } = now;
    const isDirect = board?.direct.confirmed === board?.direct.notified;
    return isDirect && board?.below.confirmed === below ? now : undefined;
  });
}

function tellSent(screen: Screen, node: DemoNode, { lots, recipients }: Notice): void {
  screen.say(
    `${node.season.name} passes it on, under the same case: ${countOf(lots.length, 'lot')} (${lots
      .map(({ lot }) => endOf(lot))
      .join(', ')}), to ${recipients.map(({ name }) => String(name)).join(', ')}.`,
  );
}

function tellBoard(screen: Screen, node: DemoNode, { replies, board }: Notice): void {
  screen.table(
    [`NOTICE OF ${node.short.toUpperCase()} TO`, 'STATE', 'BELOW', 'CONSIGNED', 'FOUND', 'FOUND BELOW'],
    replies.map(({ recipient, state, below }) => [
      recipient,
      state,
      belowText(below),
      ...(['consigned', 'found', 'foundBelow'] as const).map((name) => totalText(board, name)),
    ]),
  );
}

/** Of what nothing was consigned nothing is missing. */
function totalText(board: Notice['board'], name: 'consigned' | 'found' | 'foundBelow'): string {
  const told = (board?.totals ?? []).filter(({ consigned }) => name !== 'consigned' || consigned !== '0');
  return told.map((total) => `${total[name]} ${total.unit}`).join(', ') || '-';
}

function belowText(below: Tier | null): string {
  return below && below.notified > 0 ? `${below.confirmed} of ${below.notified} confirmed` : '-';
}

function allAnswered(notices: readonly Notice[]): Finding {
  return finding(
    'one case went through four organisations, and all consignees were notified and have confirmed',
    notices.flatMap(({ book, replies }) =>
      replies
        .filter(({ state }) => state !== 'CONFIRMED')
        .map(({ recipient, state }) => `${book}: ${recipient} is ${state}`),
    ),
  );
}

function reconciled(node: DemoNode, { board }: Notice): Finding {
  // By the warehouse, and by the shops of what it had passed on to them.
  const totals = (board?.totals ?? []).map(({ found, foundBelow, consigned, unit }) => ({
    found: new Exact(found).plus(foundBelow),
    consigned: new Exact(consigned),
    unit,
  }));
  return finding(
    `what ${node.season.name} shipped of the lots is accounted for: ${totals
      .map(({ found, consigned, unit }) => `${found.toFixed()} of ${consigned.toFixed()} ${unit}`)
      .join(', ')}`,
    totals.length === 0
      ? ['nothing was consigned']
      : totals
          .filter(({ found, consigned }) => !found.equals(consigned))
          .map(({ found, consigned, unit }) => `${consigned.minus(found).toFixed()} ${unit} are not`),
  );
}
