import { findStanding, type Standing } from '../cli/authority/standing.ts';
import type { DemoNode } from './nodes.ts';
import { waitFor } from './wait.ts';

/** Whom the owner of a book appoints. */
export interface Appointment {
  book: string;
  owner: DemoNode;
  backup: DemoNode;
  witness: DemoNode;
  leaseMs: number;
}

const ERROR = 'error { message duty }';

/** As people do it. What was appointed before stays, and the right goes back to where the story begins. */
export async function appoint({ book, owner, backup, witness, leaseMs }: Appointment): Promise<void> {
  const before = await findStanding(owner, book);
  const isAppointed =
    before?.backup === backup.organisation &&
    before.witness === witness.organisation &&
    before.leaseMs === leaseMs &&
    before.handBack === 'AUTO';
  if (!isAppointed) {
    await owner.mutate(
      `mutation ($input: AppointAuthorityInput!) {
        appointAuthority(input: $input) { authority { term } ${ERROR} }
      }`,
      { input: { book, backup: backup.organisation, witness: witness.organisation, leaseMs } },
    );
  } else if (before.holder === backup.organisation && before.terms.at(-1)?.why === 'HAND_OVER') {
    // Somebody tried that command.
    await backup.mutate(
      `mutation ($book: ID!) { handOverAuthority(book: $book) { authority { term } ${ERROR} } }`,
      { book },
    );
  }
}

/** Waits until the owner's node has the right, both members have everything, and all nodes know it. */
export async function waitUntilSteady(
  { book, owner, backup }: Appointment,
  nodes: readonly DemoNode[],
): Promise<Standing> {
  const what = `${owner.season.name} has the right to approve, and ${backup.season.name} all entries`;
  const steady = await waitFor(what, async () => {
    const [here, there] = [await findStanding(owner, book), await findStanding(backup, book)];
    const isHeld = here?.holder === owner.organisation && here.state === 'HELD' && here.insync.length === 2;
    const isWhole = here?.proposed === 0 && there?.term === here.term && there.final === here.final;
    return isHeld && isWhole ? here : undefined;
  });
  for (const node of nodes) {
    await waitFor(`${node.season.name} knows who holds the right`, async () => {
      const standing = await findStanding(node, book);
      return (standing && standing.term >= steady.term) || undefined;
    });
  }
  return steady;
}

/** What the nodes say otherwise than one of them, and what they found that cannot be. */
export async function standingFaults(
  { book, holder, term }: Standing,
  nodes: readonly DemoNode[],
): Promise<string[]> {
  const all = nodes.map(async (node) => {
    const said = await findStanding(node, book);
    const contradictions = said?.evidence.map(({ detail }) => `${node.season.name} found: ${detail}`) ?? [];
    if (said?.holder === holder && said.term === term) return contradictions;
    return [
      ...contradictions,
      `${node.season.name} says: ${said?.holder ?? 'nobody'}, term ${said?.term ?? 0}`,
    ];
  });
  return (await Promise.all(all)).flat();
}
