import { lower, readStanding, type Standing } from '../cli/authority/standing.ts';
import { appoint, standingFaults, waitUntilSteady } from './appoint.ts';
import { bookId } from './load.ts';
import type { DemoNode, DemoNodes } from './nodes.ts';
import { type Cast, chooseLot, killOwner, type Outage, restartOwner, type Seen } from './outage.ts';
import { type Screen, shorten } from './screen.ts';
import { timeline } from './timeline.ts';
import { verifyOutage } from './verify-outage.ts';
import { finding, type Finding } from './verify.ts';

const LEASE_MS = 1_000;
const LONGEST = 80;
const PICTURE_WIDTH = 70;
/** What the picture shows before the node is killed and after all is as it was, as parts of its width. */
const MARGIN = 0.12;

/** The right to approve goes to the backup when the owner's node dies, and comes back. */
export async function tellAuthority(screen: Screen, nodes: DemoNodes): Promise<Finding[]> {
  const owner = nodes.of('freshpack.example');
  const cast: Cast = {
    book: bookId(owner, 'plant'),
    owner,
    backup: nodes.of('greenvalley.example'),
    witness: nodes.of('foodsafety.example'),
    requester: nodes.of('coldchain.example'),
    subscriber: nodes.of('marketfresh.example'),
    leaseMs: LEASE_MS,
  };
  const before = await tellAppointment(screen, cast, nodes.list);
  const faultsBefore = await standingFaults(before, nodes.list);
  const outage = await tellTakeOver(screen, cast);
  const after = await tellWayBack(screen, cast, outage, nodes.list);
  return [
    finding('all five nodes name one holder of the right, before and after, and found no contradiction', [
      ...faultsBefore,
      ...(await standingFaults(after, nodes.list)),
    ]),
    ...(await verifyOutage(cast, outage)),
  ];
}

async function tellAppointment(screen: Screen, cast: Cast, nodes: readonly DemoNode[]): Promise<Standing> {
  const { owner, backup, witness, book } = cast;
  screen.say(
    `Only ${owner.short}'s node may approve changes of ${book}. For the time when it cannot, ${owner.short} appoints a backup ` +
      `and a witness. The node of ${backup.season.name} keeps the whole book, stores each change before it counts, and ` +
      `approves in ${owner.short}'s place; its people see no more of the book than the rules let them. That of ` +
      `${witness.season.name} sees hashes only, and makes sure that never both approve.`,
  );
  await appoint(cast);
  const standing = await waitUntilSteady(cast, nodes);
  const { term, since } = standing;
  screen.show([
    `at all five nodes  ${owner.short} holds the right, term ${term}, since ${since.slice(11, 23)} UTC`,
  ]);
  return standing;
}

async function tellTakeOver(screen: Screen, cast: Cast): Promise<Outage> {
  const { owner, backup, requester } = cast;
  const choice = await chooseLot(cast);
  screen.say();
  screen.say(
    `Now ${owner.short}'s node is killed (SIGKILL), and ${requester.short} asks at its own ` +
      `node for a day off the best-before date of ${owner.short}'s lot ${String(choice.lot.fields['lotNumber'])}.`,
  );
  const outage = await killOwner(cast, choice);
  showSeen(screen, outage.killedAt, [...outage.seen, ...(await termsAfter(outage.before, cast, backup))]);
  const tookMs = outage.approvedAt - outage.killedAt;
  screen.say(`From the kill to the approval by the backup it took ${secondsOf(tookMs)}.`);
  return outage;
}

async function tellWayBack(
  screen: Screen,
  cast: Cast,
  { killedAt }: Outage,
  nodes: readonly DemoNode[],
): Promise<Standing> {
  const { owner, backup, book } = cast;
  const taken = await readStanding(backup, book);
  screen.say();
  screen.say(`${owner.short}'s node is started again. What it missed it gets from ${backup.short}'s.`);
  const started = await restartOwner(cast);
  const after = await waitUntilSteady(cast, nodes);
  const seen = [...started, ...(await termsAfter(taken, cast, owner))];
  showSeen(screen, killedAt, seen);
  screen.say();
  const endAt = Math.max(...seen.map(({ at }) => at));
  const margin = (endAt - killedAt) * MARGIN;
  screen.show(
    timeline({
      terms: after.terms.map(({ n, holder, since }) => ({ n, holder, at: Date.parse(since) })),
      lanes: [owner, backup].map(({ organisation, short: name }) => ({ organisation, name })),
      from: killedAt - margin,
      to: endAt + margin,
      down: { organisation: owner.organisation, from: killedAt, to: started.at(-1)?.at ?? endAt },
      width: PICTURE_WIDTH,
    }),
  );
  screen.say('The digits are terms, and stand where the right is; x: the node is down.');
  return after;
}

/** The terms that a member knows after another one, in words. */
async function termsAfter(before: Standing, cast: Cast, member: DemoNode): Promise<Seen[]> {
  const { terms } = await readStanding(member, cast.book);
  return terms
    .filter(({ n }) => n > before.term)
    .map(({ n, holder, why, since, insync }) => ({
      at: Date.parse(since),
      node: [cast.owner, cast.backup].find(({ organisation }) => organisation === holder) ?? member,
      what: `has the right: term ${n}, ${lower(why)}; ${insync.length > 1 ? 'both have' : 'it alone has'} every entry`,
    }));
}

function showSeen(screen: Screen, since: number, seen: readonly Seen[]): void {
  const widest = Math.max(...seen.map(({ node }) => node.short.length));
  screen.show(
    seen
      .toSorted((one, other) => one.at - other.at)
      .map(
        ({ at, node, what }) =>
          `${secondsOf(at - since).padStart(7)}  ${node.short.padEnd(widest)}  ${shorten(what, LONGEST)}`,
      ),
  );
}

function secondsOf(ms: number): string {
  return `${(ms / 1000).toFixed(2)} s`;
}
