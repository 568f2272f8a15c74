import type { Head, NodeId, Term } from '../../../api/authority/words.ts';
import { continues, EMPTY, type Log, type Request, upTo } from './log.ts';

/** A schedule has shown what must never happen. */
export class Violation extends Error {}

/** What holds at every moment of every schedule, whatever goes wrong. */
export class Checks {
  /** The longest final log that any node has shown. */
  private history: Log = EMPTY;
  private answers = new Map<string, { text: string; log: Log }>();
  private effects = new Map<string, { content: string; log: Log }>();
  private acknowledged: Log[] = [];
  private readonly terms = new Map<number, string>();
  acknowledgedLen = 0;
  /** Two nodes have shown final logs that contradict each other: only a dishonest registrar can bring that about. */
  isForked = false;

  constructor(private readonly isHonest: boolean) {}

  /** A node calls this final now: every final log is the beginning of one history. */
  final(node: NodeId, log: Log): void {
    const isLonger = log.to.len > this.history.to.len;
    const holds = isLonger ? continues(log, this.history.to) : continues(this.history, log.to);
    if (holds) {
      if (isLonger) this.history = log;
      return;
    }
    if (this.isHonest) throw new Violation(`fork: ${node} has another final log of ${log.to.len} entries`);
    this.isForked = true;
  }

  /** A node's own final log only grows. */
  grows(node: NodeId, from: Head, log: Log): void {
    if (!continues(log, from)) throw new Violation(`given up: ${node} had ${from.len} final entries`);
  }

  /** An answer leaves: one key gets one answer, whoever gives it. */
  answered({ requester, key, content }: Request, text: string, log: Log): void {
    if (!this.isHonest) return;
    const name = `${requester}/${key}/${content}`;
    const before = this.answers.get(name);
    if (before !== undefined && before.text !== text) {
      throw new Violation(`two answers: ${name} was "${before.text}" and is "${text}"`);
    }
    this.answers.set(name, { text, log });
    if (text !== 'REUSED') {
      const effect = this.effects.get(`${requester}/${key}`);
      if (effect !== undefined && effect.content !== content) {
        throw new Violation(`two answers: the key ${requester}/${key} was decided for two contents`);
      }
      this.effects.set(`${requester}/${key}`, { content, log });
    }
    if (before === undefined) this.acknowledged.push(log);
    this.acknowledgedLen = Math.max(this.acknowledgedLen, log.to.len);
  }

  /** Something is shown as current: it has everything that was acknowledged before. */
  read(node: NodeId, len: number): void {
    if (len < this.acknowledgedLen) {
      throw new Violation(`stale: ${node} shows ${len} entries, ${this.acknowledgedLen} are acknowledged`);
    }
  }

  /** The registrar has made a term: no number twice. */
  term(term: Term): void {
    if (!this.isHonest) return;
    const text = JSON.stringify(term);
    const before = this.terms.get(term.n);
    if (before !== undefined && before !== text) throw new Violation(`two terms: number ${term.n}`);
    this.terms.set(term.n, text);
  }

  /** The owner has accepted that what lies behind this place is lost: it counts as if it had never been. */
  beginAnew({ len, head }: Head): void {
    const kept = upTo(this.history, len);
    if (kept?.to.head !== head)
      throw new Violation(`anew: the owner accepts ${len} entries that were never final`);
    const isKept = (log: Log): boolean => log.to.len <= len;
    this.history = kept;
    this.acknowledged = this.acknowledged.filter(isKept);
    this.acknowledgedLen = Math.min(this.acknowledgedLen, len);
    this.answers = new Map([...this.answers].filter(([, { log }]) => isKept(log)));
    this.effects = new Map([...this.effects].filter(([, { log }]) => isKept(log)));
  }

  /** What the whole history must show in the end. */
  end(): void {
    if (!this.isHonest) return;
    const { history } = this;
    for (const log of this.acknowledged) {
      if (!continues(history, log.to)) throw new Violation(`lost: acknowledged entry ${log.to.len}`);
    }
    const seen = new Set<string>();
    const once = (name: string): void => {
      if (seen.has(name)) throw new Violation(`twice: ${name}`);
      seen.add(name);
    };
    for (let log: Log | null = history; log !== null; log = log.before) {
      for (const { request, version } of log.entries) {
        if (request === null) continue;
        once(`request ${request.requester}/${request.key}`);
        if (version !== null) once(`version ${version} of ${request.record}`);
      }
    }
  }
}
