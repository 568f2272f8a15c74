import {
  startWitness,
  stepWitness,
  type WitnessEvent,
  type WitnessRecord,
  type WitnessState,
} from '../../../api/authority/witness.ts';
import type { Mandate, NodeId } from '../../../api/authority/words.ts';
import { continues } from './log.ts';
import type { Host, Packet, Part, World } from './world.ts';

/** The registrar of the book as a node drives it. */
export class RegistrarPart implements Part {
  state: WitnessState;
  private disk: WitnessRecord;

  constructor(
    private readonly world: World,
    private readonly host: Host,
    record: WitnessRecord,
    /** A dishonest one keeps a register for each member. */
    private readonly only: NodeId | null,
  ) {
    this.disk = record;
    this.state = startWitness(record, world.local(host.id), world.rules);
    world.checks.term(record.term);
  }

  start(): void {
    this.state = startWitness(this.disk, this.world.local(this.host.id), this.world.rules);
  }

  tick(): void {
    this.apply({ type: 'tick' });
  }

  mandate(mandate: Mandate): void {
    this.apply({ type: 'mandate', mandate });
  }

  receive(from: NodeId, packet: Packet): void {
    if (packet.type !== 'protocol' || (this.only !== null && this.only !== from)) return;
    const { message, log } = packet;
    const leads =
      message.type === 'countersign' &&
      log !== null &&
      log.to.head === message.to.head &&
      log.to.len === message.to.len &&
      continues(log, message.from);
    this.apply({ type: 'message', from, message, leads });
  }

  private apply(event: WitnessEvent): void {
    const { world, host } = this;
    const before = this.state;
    const { state, out } = stepWitness(before, event, world.local(host.id), world.rules);
    this.state = state;
    if (state !== before) {
      const { self, mandate, next, term, head, covers } = state;
      const disk = { self, mandate, next, term, head, covers };
      if (world.rules('store-first')) this.disk = disk;
      else world.onHost(host, world.plan.delayMs, () => (this.disk = disk));
    }
    if (state.term !== before.term) {
      world.say(() => `${host.id} makes term ${JSON.stringify(state.term)}`);
      world.checks.term(state.term);
    }
    for (const { to, message } of out)
      if (this.only === null || this.only === to)
        world.send(host.id, to, { type: 'protocol', message, log: null });
  }
}
