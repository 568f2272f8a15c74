import type { Rules } from '../../../api/authority/rules.ts';
import type { Message, NodeId } from '../../../api/authority/words.ts';
import type { Ask, Route } from '../../../api/authority/requester.ts';
import { seeded, type Random } from '../kill/random.ts';
import type { Checks } from './checks.ts';
import type { Log, Request } from './log.ts';
import type { Bad } from './faults.ts';
import type { Plan } from './plan.ts';
import { Queue, type Timed } from './queue.ts';

/** What goes from node to node. `log` is what the driver sends along: the frames, or the entries to be countersigned. */
export type Packet =
  | { readonly type: 'protocol'; readonly message: Message; readonly log: Log | null }
  | { readonly type: 'request'; readonly ask: Ask | null; readonly request: Request }
  | { readonly type: 'reply'; readonly attempt: number; readonly request: Request; readonly reply: Reply };

export type Reply =
  | { readonly type: 'answered'; readonly text: string }
  | { readonly type: 'redirected'; readonly route: Route }
  | { readonly type: 'relayed' }
  | { readonly type: 'failed' };

/** What runs on a node and what it does when it gets something. */
export interface Part {
  start(): void;
  tick(): void;
  receive(from: NodeId, packet: Packet): void;
}

export interface Host {
  readonly id: NodeId;
  readonly parts: Part[];
  up: boolean;
  /** Counts the starts; what an earlier one had planned does not happen. */
  life: number;
  pausedUntil: number;
}

/** Virtual time, nodes and what is between them. */
export class World {
  now = 0;
  events = 0;
  readonly hosts = new Map<NodeId, Host>();
  private readonly queue = new Queue();
  private readonly links = new Map<string, Random>();
  private order = 0;
  private readonly bad: Bad[] = [];

  constructor(
    readonly plan: Plan,
    readonly rules: Rules,
    readonly checks: Checks,
    readonly trace: string[] | null,
  ) {}

  /** A node's own clock. */
  local(id: NodeId): number {
    const clock = this.plan.clocks[id];
    return clock === undefined ? this.now : clock.offsetMs + this.now * clock.rate;
  }

  say(text: () => string): void {
    this.trace?.push(`${this.now.toFixed(0).padStart(6)} ${text()}`);
  }

  later(delayMs: number, where: Timed['where'], run: () => void): void {
    this.queue.push({ at: this.now + delayMs, order: this.order++, where, run });
  }

  /** Something that a node has planned: it does not happen when the node has stopped meanwhile. */
  onHost(host: Host, delayMs: number, run: () => void): void {
    const { life } = host;
    this.later(delayMs, host, () => {
      if (host.up && host.life === life) run();
    });
  }

  /** Runs until a time; whoever is paused gets everything when it goes on. */
  runUntil(end: number, after: () => void): void {
    const { queue } = this;
    for (;;) {
      const next = queue.pop();
      if (next === undefined) return;
      if (next.at > end) {
        queue.push(next);
        this.now = end;
        return;
      }
      if (next.where !== null && next.where.pausedUntil > next.at) {
        queue.push({ ...next, at: next.where.pausedUntil });
        continue;
      }
      this.now = next.at;
      this.events += 1;
      next.run();
      after();
    }
  }

  send(from: NodeId, to: NodeId, packet: Packet): void {
    const random = this.link(from, to);
    let delayMs = from === to ? 0 : (0.3 + random()) * this.plan.delayMs;
    let copies = 1;
    if (from !== to && this.now < this.plan.peaceAt) {
      for (const bad of this.bad) {
        const isMeant = (bad.from === from || bad.from === '*') && (bad.to === to || bad.to === '*');
        if (!isMeant) continue;
        if (bad.loss === 1 || (bad.loss > 0 && random() < bad.loss)) copies = 0;
        if (bad.copy > 0 && random() < bad.copy) copies += 1;
        delayMs += random() * bad.delayMs;
      }
    }
    this.say(() => `${from} -> ${to} ${describe(packet)}${copies === 0 ? ' LOST' : ''}`);
    for (let copy = 0; copy < copies; copy++) this.deliver(from, to, packet, delayMs * (copy + 1));
  }

  private deliver(from: NodeId, to: NodeId, packet: Packet, delayMs: number): void {
    const host = this.hosts.get(to);
    if (host === undefined) return;
    this.later(delayMs, host, () => {
      if (!host.up) return;
      for (const part of host.parts) part.receive(from, packet);
    });
  }

  worsen(bad: Bad): void {
    this.bad.push(bad);
    this.later(bad.forMs, null, () => this.bad.splice(this.bad.indexOf(bad), 1));
  }

  /** Each direction has chances of its own, so that a fault that is left out changes little elsewhere. */
  private link(from: NodeId, to: NodeId): Random {
    const name = from + to;
    let random = this.links.get(name);
    if (random === undefined) {
      let seed = this.plan.seed;
      for (let index = 0; index < name.length; index++)
        seed = Math.imul(seed ^ name.charCodeAt(index), 0x01000193);
      this.links.set(name, (random = seeded(seed)));
    }
    return random;
  }

  stop(host: Host): void {
    if (!host.up) return;
    host.up = false;
    host.life += 1;
    host.pausedUntil = 0;
  }

  start(host: Host): void {
    if (host.up) return;
    host.up = true;
    host.life += 1;
    for (const part of host.parts) {
      part.start();
      this.every(host, part);
    }
  }

  private every(host: Host, part: Part): void {
    const random = this.link(host.id, 'tick');
    const next = (): void => {
      part.tick();
      this.onHost(host, 70 + random() * 60, next);
    };
    this.onHost(host, random() * 100, next);
  }
}

function describe(packet: Packet): string {
  switch (packet.type) {
    case 'protocol': {
      const { message } = packet;
      const brief = (key: string, value: unknown): unknown => {
        if (key === 'mandate') return (value as { m: number }).m;
        if (key === 'term') {
          const { n, holder, insync } = value as { n: number; holder: string; insync: string[] };
          return `${n}:${holder} of ${insync.join('+')}`;
        }
        if (key === 'entries' || key === 'before') return undefined;
        if (typeof value === 'object' && value !== null && 'len' in value) {
          const { len, head } = value as { len: number; head: string };
          return `${len}/${head.slice(0, 4)}`;
        }
        return typeof value === 'number' ? Math.round(value) : value;
      };
      return JSON.stringify(message, brief).replaceAll('"', '');
    }
    case 'request':
      return `request ${packet.request.requester}/${packet.request.key}${packet.ask?.unable ? ` unable ${packet.ask.unable.about} ${packet.ask.unable.n}` : ''}`;
    case 'reply':
      return `reply ${packet.request.key} ${JSON.stringify(packet.reply).replaceAll('"', '')}`;
  }
}
