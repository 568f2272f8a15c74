import {
  startRequester,
  stepRequester,
  type RequesterEvent,
  type RequesterState,
  type Route,
} from '../../../api/authority/requester.ts';
import type { Request } from './log.ts';
import type { Host, Packet, Part, World } from './world.ts';
import type { NodeId } from '../../../api/authority/words.ts';

const PAUSES = { firstMs: 100, longestMs: 800 };
const PATIENCE_MS = 400;

/** Whoever asks for updates, as a node drives it: its queue is on disk, and it asks for the first one until it is decided. */
export class RequesterPart implements Part {
  readonly queue: Request[] = [];
  private state: RequesterState;
  private route: Route;

  constructor(
    private readonly world: World,
    private readonly host: Host,
    route: Route,
  ) {
    this.route = route;
    this.state = startRequester(route);
  }

  start(): void {
    this.state = startRequester(this.route);
  }

  tick(): void {
    if (this.queue.length > 0) this.apply({ type: 'due' });
  }

  want(request: Request): void {
    this.queue.push(request);
    if (this.host.up) this.apply({ type: 'due' });
  }

  receive(_from: NodeId, packet: Packet): void {
    if (packet.type !== 'reply') return;
    const { attempt, reply, request } = packet;
    if (reply.type === 'answered') {
      const index = this.queue.findIndex(
        ({ key, content }) => key === request.key && content === request.content,
      );
      if (index >= 0) this.queue.splice(index, 1);
    }
    this.apply({ ...reply, attempt });
    this.tick();
  }

  private apply(event: RequesterEvent): void {
    const { world, host } = this;
    const { state, ask } = stepRequester(this.state, event, world.local(host.id), PAUSES);
    this.state = state;
    this.route = state.route;
    const request = this.queue[0];
    if (ask === null || request === undefined) return;
    world.send(host.id, ask.to, { type: 'request', ask, request });
    world.onHost(host, PATIENCE_MS, () => this.apply({ type: 'failed', attempt: ask.attempt }));
  }
}
