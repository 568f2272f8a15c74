import { openingDue } from '../../../api/authority/final.ts';
import {
  endOf,
  isHolder,
  mayRead,
  mayWrite,
  restored,
  startMember,
  stepMember,
  type MemberEvent,
  type MemberRecord,
  type MemberState,
} from '../../../api/authority/member.ts';
import { recordOf } from '../../../api/authority/state.ts';
import { treat } from '../../../api/authority/once.ts';
import {
  otherOf,
  type Frame,
  type Mandate,
  type Message,
  type NodeId,
  type Output,
} from '../../../api/authority/words.ts';
import { Violation } from './checks.ts';
import { decisionOf, EMPTY, extend, upTo, versionOf, type Entry, type Log, type Request } from './log.ts';
import type { Host, Packet, Part, Reply, World } from './world.ts';

/** What is on a member's disk. */
interface Disk {
  readonly at: number;
  readonly record: MemberRecord;
  readonly log: Log;
}

interface Asked {
  readonly from: NodeId;
  readonly attempt: number;
  readonly request: Request;
}

/** A member of the authority as a node drives it: the state machine, its log and disk, and the requests. */
export class MemberPart implements Part {
  state: MemberState;
  log: Log;
  private disk: Disk;
  private readonly copies: Disk[] = [];
  private toDecide: Asked[] = [];
  private toAnswer: Asked[] = [];
  private isFlushing = false;
  private heard = { n: 0, at: Number.NEGATIVE_INFINITY };

  constructor(
    private readonly world: World,
    readonly host: Host,
    record: MemberRecord,
    log: Log,
  ) {
    this.disk = { at: 0, record, log };
    this.log = log;
    this.state = startMember(record, world.local(host.id));
  }

  /** The disk is replaced by a copy of what it was. */
  setBack(ageMs: number): void {
    const { world, copies } = this;
    const copy = copies.findLast(({ at }) => at <= world.now - ageMs) ?? copies[0] ?? this.disk;
    const record = world.plan.liar === 'disk' ? copy.record : restored(copy.record, world.rules);
    this.disk = { at: world.now, record, log: copy.log };
    world.say(() => `${this.host.id} has a disk with ${copy.log.to.len} entries of ${copy.at.toFixed(0)}`);
  }

  start(): void {
    const { record, log } = this.disk;
    this.log = log;
    this.state = startMember(record, this.world.local(this.host.id));
    this.toDecide = [];
    this.toAnswer = [];
    this.isFlushing = false;
    this.heard = { n: 0, at: Number.NEGATIVE_INFINITY };
    this.world.checks.final(this.host.id, this.finalLog());
  }

  tick(): void {
    this.apply({ type: 'tick' }, null);
    if (this.toDecide.length > 0) this.flush();
  }

  handOver(): void {
    this.apply({ type: 'hand-over' }, null);
  }

  receive(from: NodeId, packet: Packet): void {
    if (packet.type === 'protocol') return this.hear(from, packet.message, packet.log);
    if (packet.type === 'request') {
      if (packet.ask?.unable?.about === this.state.term.holder) {
        this.hear(from, { type: 'unable', n: packet.ask.unable.n }, null);
      }
      this.ask({ from, attempt: packet.ask?.attempt ?? 0, request: packet.request }, packet);
    }
  }

  private hear(from: NodeId, message: Message, log: Log | null): void {
    const { world, host } = this;
    if ('mandate' in message) this.beginAnew(message.mandate);
    const { log: own } = this;
    if (message.type === 'append' && message.term.n >= this.state.term.n) {
      this.heard = { n: message.term.n, at: world.local(host.id) };
    }
    this.apply({ type: 'message', from, message, mine: (len) => upTo(own, len)?.to.head ?? null }, log);
  }

  /** The owner has accepted another member's log: this one gives up its own, and takes that one from its first entry on. */
  private beginAnew({ m, primary, acceptLoss }: Mandate): void {
    const { mandate, self } = this.state;
    if (m <= mandate.m || acceptLoss === null || primary === self) return;
    const record = { ...recordOf(this.state), final: EMPTY.to, tail: [], opening: null };
    this.store({ at: this.world.now, record: { ...record, recovering: false, frozen: null }, log: EMPTY });
    this.start();
  }

  /** One event in one transaction; `given` is where the entries come from that the log may grow by. */
  private apply(event: MemberEvent, given: Log | null): void {
    const { world, host } = this;
    const before = this.state;
    const { state, out } = stepMember(before, event, world.local(host.id), world.rules);
    if (state !== before) {
      this.state = state;
      const end = endOf(state);
      if (end.len !== this.log.to.len || end.head !== this.log.to.head) {
        const log = [this.log, given]
          .map((one) => one && upTo(one, end.len))
          .find((one) => one?.to.head === end.head);
        if (!log) throw new Error('the machine asks for a log that the driver does not have');
        this.log = log;
      }
      this.save();
      if (state.final !== before.final) {
        const final = this.finalLog();
        world.checks.grows(host.id, before.final, final);
        world.checks.final(host.id, final);
      }
      if (state.term !== before.term) world.say(() => `${host.id} in term ${state.term.n}`);
      if (state.frozen !== before.frozen) world.say(() => `${host.id} is frozen: ${state.frozen}`);
    }
    for (const one of out) this.send(one);
    if (this.toAnswer.length > 0) this.answer();
    if (openingDue(state)) this.flush();
  }

  private save(): void {
    const { world, host, state, log } = this;
    const disk = { at: world.now, record: recordOf(state), log };
    if (world.rules('store-first')) this.store(disk);
    else world.onHost(host, world.plan.delayMs, () => this.store(disk));
  }

  private store(disk: Disk): void {
    this.disk = disk;
    this.copies.push(disk);
  }

  private send(output: Output): void {
    const { world, host } = this;
    if ('message' in output) {
      const { message, to } = output;
      if (message.type === 'propose' && message.proposal.kind === 'take-over') this.checkSilence();
      const log = message.type === 'countersign' ? upTo(this.log, message.to.len) : null;
      return world.send(host.id, to, { type: 'protocol', message, log });
    }
    const { from, ...append } = output.append;
    const rest: Log[] = [];
    for (let at: Log | null = this.log; at !== null && at.to.len > from.len; at = at.before) rest.push(at);
    const sent = rest.toReversed().slice(0, world.plan.cap);
    const frames: Frame[] = sent;
    const message: Message = { type: 'append', ...append, prev: from, frames };
    world.send(host.id, output.to, { type: 'protocol', message, log: sent.at(-1) ?? null });
  }

  /** A holder that is heard here is not deposed, whatever requesters say. */
  private checkSilence(): void {
    const { heard, state, world, host } = this;
    if (heard.n === state.term.n && world.local(host.id) - heard.at <= state.mandate.takeoverMs) {
      throw new Violation(`deposed: ${host.id} asks for the right although it hears the holder`);
    }
  }

  private finalLog(): Log {
    const log = upTo(this.log, this.state.final.len);
    if (log === null) throw new Error('the final part does not end with a frame');
    return log;
  }

  checkRead(): void {
    const { world, host, state } = this;
    if (state.final.len < world.checks.acknowledgedLen && mayRead(state, world.local(host.id), world.rules)) {
      world.checks.read(host.id, state.final.len);
    }
  }

  // Requests

  private ask(asked: Asked, packet: Packet): void {
    const { world, host, state } = this;
    const decision = decisionOf(this.log, asked.request);
    const known = decision
      ? { content: decision.entry.request?.content ?? '', isFinal: decision.at.to.len <= state.final.len }
      : undefined;
    const treatment = treat(known, asked.request.content, world.rules);
    if (treatment !== 'DECIDE') {
      this.toAnswer.push(asked);
      return this.answer();
    }
    if (isHolder(state)) {
      this.toDecide.push(asked);
      return this.flushSoon();
    }
    const { term, mandate } = state;
    const isHeard = world.local(host.id) - state.heardAt <= mandate.takeoverMs;
    if (
      term.holder !== host.id &&
      isHeard &&
      asked.from !== term.holder &&
      packet.type === 'request' &&
      packet.ask?.unable
    ) {
      world.send(host.id, term.holder, { type: 'request', ask: null, request: asked.request });
      return this.reply(asked, { type: 'relayed' });
    }
    if (term.holder === host.id) return this.reply(asked, { type: 'failed' });
    if (packet.type === 'request' && packet.ask?.unable?.n === term.n)
      return this.reply(asked, { type: 'relayed' });
    this.reply(asked, {
      type: 'redirected',
      route: { n: term.n, holder: term.holder, other: otherOf(mandate, term.holder) },
    });
  }

  private flushSoon(): void {
    if (this.isFlushing) return;
    this.isFlushing = true;
    this.world.onHost(this.host, 2, () => {
      this.isFlushing = false;
      this.flush();
    });
  }

  /** The sequencer: one group of entries behind the end of the log. */
  private flush(): void {
    const { state, log } = this;
    if (openingDue(state)) {
      const { n, holder, why } = state.term;
      return this.write([{ text: `term ${n} ${holder} ${why}`, request: null, version: null }], log);
    }
    if (!mayWrite(state) || this.toDecide.length === 0) return;
    const entries: Entry[] = [];
    const asked = this.toDecide;
    this.toDecide = [];
    for (const one of asked) this.decide(one.request, entries);
    this.toAnswer.push(...asked);
    if (entries.length > 0) this.write(entries, log);
    else this.answer();
  }

  private decide(request: Request, entries: Entry[]): void {
    const { log, world } = this;
    const planned = extend(log, 0, entries);
    const decision = decisionOf(planned, request);
    const known = decision ? { content: decision.entry.request?.content ?? '', isFinal: false } : undefined;
    if (treat(known, request.content, world.rules) !== 'DECIDE') return;
    const current = versionOf(planned, request.record);
    const version = request.base === null || request.base === current ? current + 1 : null;
    const text = `${request.requester}/${request.key}/${request.content} ${version ?? 'refused'}`;
    entries.push({ text, request, version });
  }

  private write(entries: readonly Entry[], log: Log): void {
    const next = extend(log, this.state.term.n, entries);
    this.apply({ type: 'write', from: log.to, to: next.to }, next);
  }

  /** Answers what is decided for good; what was decided and given up again is asked for again by its requester. */
  private answer(): void {
    const { state, world } = this;
    const waiting = this.toAnswer;
    this.toAnswer = [];
    for (const asked of waiting) {
      const decision = decisionOf(this.log, asked.request);
      if (decision === null) continue;
      const isFinal = decision.at.to.len <= state.final.len;
      if (!isFinal && world.rules('answer-final')) {
        this.toAnswer.push(asked);
        continue;
      }
      const { request, version } = decision.entry;
      const isSame = request?.content === asked.request.content;
      const decided =
        version === null ? `refused at ${decision.at.to.len}` : `version ${version} at ${decision.at.to.len}`;
      const text = isSame ? decided : 'REUSED';
      world.checks.answered(asked.request, text, decision.at);
      this.reply(asked, { type: 'answered', text });
    }
  }

  private reply({ from, attempt, request }: Asked, reply: Reply): void {
    if (attempt > 0) this.world.send(this.host.id, from, { type: 'reply', attempt, request, reply });
  }
}
