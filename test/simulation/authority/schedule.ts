import type { MemberRecord } from '../../../api/authority/member.ts';
import type { Rules } from '../../../api/authority/rules.ts';
import type { Mandate, NodeId, Term } from '../../../api/authority/words.ts';
import { Checks, Violation } from './checks.ts';
import { EMPTY, type Request } from './log.ts';
import { MemberPart } from './member-part.ts';
import type { Fault } from './faults.ts';
import type { Plan } from './plan.ts';
import { RegistrarPart } from './registrar-part.ts';
import { RequesterPart } from './requester-part.ts';
import { World, type Host } from './world.ts';

export interface Outcome {
  readonly violation: string | null;
  /** It was the owner's turn: more was lost than the members could make good by themselves. */
  readonly stopped: boolean;
  readonly events: number;
  readonly terms: number;
}

/** How long all may take to come together again in peace. */
const PEACE_MS = 40_000;
/** After so long without progress it is the owner's turn. */
const PATIENCE_MS = 6000;

/** Runs one schedule; the same plan and rules give the same outcome. */
export function runSchedule(plan: Plan, rules: Rules, trace: string[] | null = null): Outcome {
  const network = new Network(plan, rules, trace);
  let violation: string | null = null;
  let stopped = false;
  try {
    stopped = network.run();
  } catch (error) {
    if (!(error instanceof Violation)) throw error;
    violation = error.message;
  }
  return { violation, stopped, events: network.world.events, terms: network.registrar.state.term.n };
}

class Network {
  readonly world: World;
  private readonly checks: Checks;
  readonly registrar: RegistrarPart;
  private readonly members = new Map<NodeId, MemberPart>();
  private readonly requesters = new Map<NodeId, RequesterPart>();
  private readonly gone = new Set<NodeId>();
  private isAnew = false;

  constructor(
    private readonly plan: Plan,
    rules: Rules,
    trace: string[] | null,
  ) {
    this.checks = new Checks(plan.liar === null);
    this.world = new World(plan, rules, this.checks, trace);
    const { mandate } = plan;
    const registrar = mandate.witness ?? mandate.primary;
    const insync = ['B', 'P'];
    const term: Term = { n: 1, m: 1, holder: mandate.primary, insync, registrar, why: 'appoint' };
    for (const id of new Set(['P', 'B', registrar])) {
      const host = this.host(id);
      if (id !== 'W') this.addMember(host, mandate, term);
    }
    const home = this.world.hosts.get(registrar) as Host;
    const isDouble = plan.liar === 'registrar';
    const record = { self: registrar, mandate, next: null, term, head: EMPTY.to, covers: false };
    this.registrar = new RegistrarPart(this.world, home, record, isDouble ? 'P' : null);
    home.parts.push(this.registrar);
    if (isDouble) home.parts.push(new RegistrarPart(this.world, home, record, 'B'));
    for (const id of plan.requesters) {
      const host = this.host(id);
      const part = new RequesterPart(this.world, host, { n: 1, holder: 'P', other: 'B' });
      host.parts.push(part);
      this.requesters.set(id, part);
    }
    for (const host of this.world.hosts.values()) this.world.start(host);
  }

  private host(id: NodeId): Host {
    const host: Host = { id, parts: [], up: false, life: 0, pausedUntil: 0 };
    this.world.hosts.set(id, host);
    return host;
  }

  private addMember(host: Host, mandate: Mandate, term: Term): void {
    const { id: self } = host;
    const peace = { recovering: false, frozen: null };
    const record: MemberRecord = { self, mandate, term, final: EMPTY.to, tail: [], opening: null, ...peace };
    const part = new MemberPart(this.world, host, record, EMPTY);
    host.parts.push(part);
    this.members.set(self, part);
  }

  /** True when it was the owner's turn in the end. */
  run(): boolean {
    const { world, plan } = this;
    for (const { at, request } of plan.requests) world.later(at, null, () => this.want(request));
    for (const fault of plan.faults) world.later(fault.at, null, () => this.happen(fault));
    const check = (): void => this.checkReads();
    world.runUntil(plan.peaceAt, check);
    world.say(() => 'peace');
    this.heal();
    for (let until = plan.peaceAt; until < plan.peaceAt + PEACE_MS;) {
      until += 250;
      world.runUntil(until, check);
      this.operate();
      if (this.difference() === null) break;
      if (until <= plan.peaceAt + PATIENCE_MS) continue;
      if (plan.liar !== null || (this.isOwnersTurn() && !this.acceptLoss())) break;
    }
    this.checks.end();
    const difference = this.difference();
    if (difference === null) return this.isAnew;
    if (plan.liar !== null) return this.isNoticed();
    if (this.isOwnersTurn()) return true;
    throw new Violation(`no peace: ${difference}`);
  }

  private want(request: Request): void {
    this.requesters.get(request.requester)?.want(request);
  }

  private checkReads(): void {
    for (const part of this.members.values()) {
      const host = part.host;
      if (host.up && host.pausedUntil <= this.world.now) part.checkRead();
    }
  }

  private happen(fault: Fault): void {
    const { world } = this;
    world.say(() => `! ${JSON.stringify(fault)}`);
    switch (fault.kind) {
      case 'network':
        return world.worsen(fault);
      case 'hand-over': {
        const { holder } = this.registrar.state.term;
        const host = world.hosts.get(holder);
        if (host?.up) this.members.get(holder)?.handOver();
        return;
      }
      case 'pause':
      case 'crash':
      case 'restore':
        return this.disturb(fault);
      case 'replace':
        return this.plan.liar === null ? this.replace(fault.node, fault.forMs) : undefined;
      default:
        return this.lie(fault);
    }
  }

  private disturb(fault: Extract<Fault, { kind: 'pause' | 'crash' | 'restore' }>): void {
    const { world } = this;
    const host = world.hosts.get(fault.node);
    if (host === undefined || this.gone.has(fault.node)) return;
    const end = Math.min(fault.forMs, this.plan.peaceAt - world.now);
    if (fault.kind === 'pause') {
      host.pausedUntil = world.now + end;
      return;
    }
    world.stop(host);
    if (fault.kind === 'restore') this.members.get(fault.node)?.setBack(fault.ageMs);
    const { life } = host;
    world.later(end, null, () => {
      if (host.life === life) world.start(host);
    });
  }

  /** The owner puts a new node in the place of a member, which is lost, or only not wanted any more. */
  private replace(node: NodeId, afterMs: number): void {
    const { world, registrar } = this;
    if (this.gone.has(node) || registrar.state.term.insync.length < 2) return;
    const host = world.hosts.get(node) as Host;
    if (afterMs > 0) {
      this.gone.add(node);
      world.stop(host);
    }
    world.later(afterMs, null, () => {
      const { mandate } = registrar.state;
      const isPrimary = mandate.primary === node;
      const next = { ...mandate, m: mandate.m + 1, ...(isPrimary ? { primary: 'N' } : { backup: 'N' }) };
      this.addSpare(next);
      registrar.mandate(next);
      this.gone.add(node);
    });
  }

  /** A node that holds nothing yet. */
  private addSpare(mandate: Mandate): void {
    const spare = this.host('N');
    const { term } = this.registrar.state;
    this.addMember(spare, mandate, { ...term, n: 0, m: 0, holder: '', insync: [] });
    this.world.start(spare);
  }

  /**
   * The owner accepts that what only a lost member had is gone: the book goes on from what one that is there has. False where
   * nobody is, or the register is lost too.
   */
  private acceptLoss(): boolean {
    const { registrar, gone, members, checks } = this;
    const { mandate, term } = registrar.state;
    const there = [mandate.primary, mandate.backup ?? ''].filter(
      (node) => members.has(node) && !gone.has(node),
    );
    const primary = there.find((node) => term.insync.includes(node)) ?? there[0];
    const part = members.get(primary ?? '');
    const backup = there.find((node) => node !== primary) ?? (members.has('N') ? undefined : 'N');
    const isKept = mandate.witness !== null || term.registrar === primary;
    if (this.isAnew || !primary || !part || !backup || !isKept) return false;
    const { final: acceptLoss } = part.state;
    const next = { ...mandate, m: mandate.m + 1, primary, backup, acceptLoss };
    this.isAnew = true;
    this.world.say(() => `the owner accepts that ${primary} has ${acceptLoss.len} entries`);
    checks.beginAnew(acceptLoss);
    if (backup === 'N') this.addSpare(next);
    registrar.mandate(next);
    return true;
  }

  /** A request in no queue, sent once to those whom its requester wants to deceive. */
  private lie({ kind, node, at }: Extract<Fault, { kind: 'lie' | 'both' | 'reuse' }>): void {
    const { world, registrar } = this;
    const { term } = registrar.state;
    const queued = kind === 'both' ? undefined : this.requesters.get(node)?.queue[0];
    const request = queued ?? { requester: node, key: `once${at}`, content: 'a', record: 'r', base: null };
    const unable = kind === 'lie' ? { about: term.holder, n: term.n } : null;
    for (const to of this.members.keys()) {
      if (kind === 'lie' && to === term.holder) continue;
      const sent = kind === 'reuse' && to === 'B' ? { ...request, content: 'b' } : request;
      world.send(node, to, { type: 'request', ask: { attempt: 0, to, unable }, request: sent });
    }
  }

  private heal(): void {
    for (const host of this.world.hosts.values()) {
      host.pausedUntil = 0;
      if (!this.gone.has(host.id)) this.world.start(host);
    }
  }

  /** What people do in peace: whoever got the right by a planned hand-over gives it back. */
  private operate(): void {
    const { term, mandate } = this.registrar.state;
    const holder = this.members.get(term.holder);
    if (mandate.handBack && term.why === 'hand-over' && term.holder !== mandate.primary) holder?.handOver();
  }

  /** What is still to be done; null: all is as it should be. */
  private difference(): string | null {
    const { registrar } = this;
    const { mandate, term, next } = registrar.state;
    for (const [id, { queue }] of this.requesters)
      if (queue.length > 0) return `${id} waits for ${queue.length}`;
    if (next !== null) return `mandate ${next.m} is not in force`;
    const names = [mandate.primary, mandate.backup ?? ''];
    const [primary, backup] = names.map((name) => this.members.get(name));
    if (!primary || !backup) return 'a member is missing';
    if (mandate.handBack && term.holder !== mandate.primary) return `${term.holder} has the right`;
    if (term.insync.length < 2) return `only ${term.insync.join()} is in sync`;
    for (const { state, host } of [primary, backup]) {
      if (state.frozen !== null) return `${host.id} is frozen: ${state.frozen}`;
      if (state.recovering) return `${host.id} is recovering`;
      if (state.term.n !== term.n) return `${host.id} is in term ${state.term.n}, not ${term.n}`;
      if (state.tail.length > 0) return `${host.id} has ${state.tail.length} frames that are not final`;
    }
    if (primary.log.to.head !== backup.log.to.head) return 'the logs differ';
    return null;
  }

  /** Somebody who saw both sides of a fork has stopped, with both signed statements. */
  private isNoticed(): boolean {
    const hasStopped = [...this.members.values()].some(
      ({ state }) => state.frozen !== null || state.recovering,
    );
    if (this.checks.isForked && !hasStopped) throw new Violation('unnoticed: two logs contradict each other');
    return hasStopped;
  }

  /** The only complete copy is lost or set back: nobody may go on without the owner. */
  private isOwnersTurn(): boolean {
    const { term } = this.registrar.state;
    const [only, second] = term.insync;
    if (only === undefined || second !== undefined) return false;
    return this.gone.has(only) || this.members.get(only)?.state.recovering === true;
  }
}
