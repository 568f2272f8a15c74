import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decide } from '../../api/approval/decide.ts';
import { endsLock, lockAfter } from '../../api/approval/decide-lock.ts';
import { prepareUpdate } from '../../api/approval/prepare.ts';
import { contentHash } from '../../api/approval/shape.ts';
import type {
  CurrentRecord,
  PreparedUpdate,
  RecordChange,
  RequestError,
  Requester,
} from '../../api/approval/update.ts';
import { lockIdOf, lockOf, lockState, type EntryLock } from '../../api/ledger/entry-lock.ts';
import { grantFromFields, grantToFields, type Grant } from '../../api/sharing/grant.ts';
import { audience, grantTerms } from '../support/grant.ts';

/** Schedules; more where somebody has the time. */
const RUNS = Number(process.env['LOCK_RUNS'] ?? 1_000);
const RECORDS = ['https://id.gs1.org/01/09521141012345/10/L1', 'https://id.gs1.org/01/09521141012345/10/L2'];
const LEASE_S = 60;
const GRANTS: Grant[] = [
  grant('editors', { ...audience(), roles: ['EDITOR'] }),
  grant('packer', audience('packer.example')),
];

function grant(name: string, to: Grant['audience']): Grant {
  const terms = grantTerms({ audience: to, fields: ['*'], right: 'CHANGE' });
  return grantFromFields({ id: `urn:lotbook:grant:${name}`, version: 1, since: 1 }, grantToFields(terms));
}

/** Who edits: three people of the owner, and a partner of whom the owner's node knows the organisation alone. */
const PEOPLE: readonly { holder: string; requester: Requester }[] = [
  ...['ada', 'ben', 'cy'].map((name) => person(`grower.example/people/${name}`, false)),
  {
    holder: 'packer.example/people/dee',
    requester: {
      id: 'packer.example',
      audience: { organisation: 'packer.example', groups: [], roles: [] },
      administrator: false,
    },
  },
];
const ADMINISTRATOR = person('grower.example/people/boss', true).requester;
const NODE: Requester = {
  id: 'grower.example',
  audience: { organisation: 'grower.example', groups: [], roles: [] },
  administrator: false,
};

function person(holder: string, administrator: boolean) {
  const roles = administrator ? (['ADMINISTRATOR', 'EDITOR'] as const) : (['EDITOR'] as const);
  const audience = { organisation: 'grower.example', groups: [], roles };
  return { holder, requester: { id: holder, audience, administrator } };
}

/** One entry of the log, as the model of the sequencer writes it. */
interface Logged {
  record: string;
  version: number;
  marks: string;
  lock: EntryLock | null;
  by: string;
  state: CurrentRecord['state'];
}

type Known = Map<string, CurrentRecord | null>;

function currentOf({ version, lock, state }: Logged): CurrentRecord {
  return { kind: lock ? 'LOCK' : 'LOT', version, state, first: state };
}

/**
 * A book with its log, decided by the real `prepareUpdate`, `decide` and rules of locks. Entries are uncertified until the backup
 * has them; a take-over loses what is not, and its callers never hear of it.
 */
class Model {
  log: Logged[] = [];
  certified = 0;
  now = 1_000_000;
  current: Known = new Map(RECORDS.map((record) => [record, null]));

  constructor() {
    for (const record of RECORDS)
      this.#append(record, { quantity: '1', uom: 'KGM', variety: '-' }, null, 'grower');
    this.certified = this.log.length;
  }

  /** What a node sees that has so much of the log. */
  known(length: number): Known {
    const known: Known = new Map(RECORDS.map((record) => [record, null]));
    for (const entry of this.log.slice(0, length)) known.set(entry.record, currentOf(entry));
    return known;
  }

  /** `seen`: the length of the log when the update was prepared first. Answers the error, or the place of the first entry. */
  submit(requester: Requester, changes: RecordChange[], seen = this.log.length): RequestError | number {
    const input = { book: 'grower.example/season', key: `k${this.log.length}`, changes };
    for (let known = this.known(seen); ; known = this.current) {
      const update: PreparedUpdate = {
        id: 'u',
        requester,
        input,
        contentHash: contentHash(input),
        changes: prepareUpdate(input, known, 'u', () => 'u'),
        createdAt: new Date(this.now),
        token: null,
        approval: null,
      };
      const versionOf = (record: string) => this.current.get(record)?.version ?? 0;
      const decision = decide(update, versionOf, GRANTS, this.now);
      if (decision.kind === 'AGAIN') continue;
      if (decision.kind === 'REFUSE') return decision.error;
      if (decision.kind === 'PEND') throw new Error('nothing waits for a person here');
      const first = this.log.length + 1;
      for (const change of update.changes) {
        const given = { requester, of: 'LOT', seq: this.log.length + 1, now: this.now, longestS: LEASE_S };
        const before = change.lock?.now ?? null;
        if (change.act) this.#appendLock(lockAfter(before, change.act, given), requester.id);
        else if (change.state) this.#append(change.record, change.state, null, requester.id);
        const place = { ...given, seq: this.log.length + 1 };
        if (endsLock(update, change)) this.#appendLock(lockAfter(before, 'SAVE', place), requester.id);
      }
      return first;
    }
  }

  takeOver(): void {
    this.log.length = this.certified;
    this.current = this.known(this.certified);
  }

  lockOf(record: string): EntryLock | null {
    return lockOf(this.current.get(lockIdOf(record))?.state);
  }

  #appendLock(lock: EntryLock, by: string): void {
    const state = lockState(lock, { products: [], lots: [], time: null });
    this.#append(lockIdOf(lock.record), state, lockOf(state), by);
  }

  #append(record: string, state: CurrentRecord['state'], lock: EntryLock | null, by: string): void {
    const version = (this.current.get(record)?.version ?? 0) + 1;
    const entry = { record, version, state, lock, by, marks: String(state['variety'] ?? '') };
    this.log.push(entry);
    this.current.set(record, currentOf(entry));
  }
}

/** What an editor has before it: the record as it was opened, with a lock or without. */
interface Sheet {
  base: number;
  marks: string;
  token: number | null;
}

const step = fc.oneof(
  fc.record({ do: fc.constant('open' as const), who: fc.nat(3), record: fc.nat(1), isStale: fc.boolean() }),
  fc.record({ do: fc.constant('lock' as const), who: fc.nat(3), records: fc.constantFrom([0], [1], [0, 1]) }),
  fc.record({ do: fc.constant('save' as const), who: fc.nat(3), record: fc.nat(1), isStale: fc.boolean() }),
  fc.record({ do: fc.constant('cancel' as const), who: fc.nat(3), record: fc.nat(1) }),
  fc.record({ do: fc.constant('break' as const), record: fc.nat(1) }),
  fc.record({ do: fc.constant('pass' as const), seconds: fc.integer({ min: 1, max: 50 }) }),
  fc.record({ do: fc.constant('certify' as const) }),
  fc.record({ do: fc.constant('takeover' as const) }),
);

type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** Plays a schedule. Answers the marks that were acknowledged. */
function play(model: Model, steps: readonly Step[]): Set<string> {
  const sheets = PEOPLE.map(() => RECORDS.map((): Sheet => ({ base: 1, marks: '-', token: null })));
  const sheetOf = (who: number, record: number): Sheet => sheets[who]?.[record] as Sheet;
  const unheard: { at: number; tell: () => void }[] = [];
  const told = new Set<string>();
  let saves = 0;
  const hear = (): void => {
    for (const { at, tell } of unheard.splice(0)) if (at <= model.certified) tell();
  };
  for (const each of steps) {
    const person = 'who' in each ? PEOPLE[each.who] : undefined;
    const record = 'record' in each ? (RECORDS[each.record] as string) : '';
    if (each.do === 'open') {
      // What is not certified is shown to nobody; a local copy may be behind even that.
      const length = each.isStale ? Math.max(RECORDS.length, model.certified >> 1) : model.certified;
      const current = model.known(length).get(record);
      Object.assign(sheetOf(each.who, each.record), {
        base: current?.version ?? 0,
        marks: current?.state['variety'] ?? '',
      });
    } else if (each.do === 'lock' && person) {
      const notAfter = new Date(model.now + 1_000).toISOString();
      const fields = { do: 'TAKE', holder: person.holder, notAfter };
      const before = model.log.length;
      const result = model.submit(
        person.requester,
        each.records.map((index) => ({ record: RECORDS[index] as string, kind: 'LOCK', base: null, fields })),
      );
      // All of them or none.
      const wanted = typeof result === 'number' ? each.records.length : 0;
      must(model.log.length - before === wanted, 'a part of the locks was granted');
      if (typeof result !== 'number') continue;
      for (const [nr, index] of each.records.entries()) {
        const tell = () => (sheetOf(each.who, index).token = result + nr);
        unheard.push({ at: result + nr, tell });
      }
    } else if (each.do === 'save' && person) {
      const sheet = sheetOf(each.who, each.record);
      const mark = `[${(saves += 1)}]`;
      const change: RecordChange = {
        record,
        kind: 'LOT',
        base: sheet.base,
        fields: { variety: sheet.marks + mark },
        lock: sheet.token,
      };
      const seen = each.isStale ? model.certified : undefined;
      const result = model.submit(person.requester, [change], seen);
      sheet.token = null;
      if (typeof result === 'number') unheard.push({ at: result, tell: () => told.add(mark) });
    } else if (each.do === 'cancel' && person) {
      const sheet = sheetOf(each.who, each.record);
      if (sheet.token === null) continue;
      const fields = { do: 'RELEASE', token: sheet.token };
      model.submit(person.requester, [{ record, kind: 'LOCK', base: null, fields }]);
      sheet.token = null;
    } else if (each.do === 'break') {
      const fields = { do: 'BREAK', reason: 'gone home' };
      model.submit(ADMINISTRATOR, [{ record, kind: 'LOCK', base: null, fields }]);
    } else if (each.do === 'pass') {
      model.now += each.seconds * 1000;
      expireAll(model);
    } else if (each.do === 'certify') {
      model.certified = model.log.length;
      hear();
    } else if (each.do === 'takeover') {
      model.takeOver();
      unheard.length = 0;
    }
  }
  model.certified = model.log.length;
  hear();
  return told;
}

/** The watch of the node with the right: it tries every lock, and `decide` refuses what has not run out. */
function expireAll(model: Model): void {
  for (const record of RECORDS) {
    const { token } = model.lockOf(record) ?? {};
    if (token) model.submit(NODE, [{ record, kind: 'LOCK', base: null, fields: {}, expired: token }]);
  }
}

/** Reads the log alone, without the code that wrote it. */
function checkLog(log: readonly Logged[]): void {
  const held = new Map<string, EntryLock>();
  const versions = new Map<string, number>();
  const marks = new Map<string, string>();
  for (const [index, entry] of log.entries()) {
    must(entry.version === (versions.get(entry.record) ?? 0) + 1, 'a version is left out');
    versions.set(entry.record, entry.version);
    const { lock } = entry;
    if (!lock) {
      // Nothing that was saved before is lost.
      must(entry.marks.startsWith(marks.get(entry.record) ?? ''), 'an update is lost');
      marks.set(entry.record, entry.marks);
      const holds = held.get(entry.record);
      if (!holds) continue;
      const next = log[index + 1]?.lock;
      must(next?.state === 'SAVED' && next.token === holds.token, 'saved past a lock');
      must([holds.holder, holds.organisation].includes(entry.by), 'saved under the lock of somebody else');
    } else if (lock.state === 'HELD') {
      const before = held.get(lock.record);
      must(!before || lock.holder === before.holder, 'two hold it');
      must(lock.token === index + 1, 'a token is not its place');
      held.set(lock.record, lock);
    } else {
      must(held.get(lock.record)?.token === lock.token, 'a lock ended that was not held');
      held.delete(lock.record);
    }
  }
}

/** As `expect`, thousands of times a schedule. */
function must(isSo: boolean, what: string): void {
  if (!isSo) throw new Error(what);
}

test('whatever is opened, locked, edited, saved, cancelled, broken and taken over: nothing that was saved is lost, nobody saves past a lock, and no lock stays for ever', () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 10, maxLength: 60 }), (steps) => {
      const model = new Model();
      const told = play(model, steps);
      checkLog(model.log);
      const saved = RECORDS.map((record) => String(model.current.get(record)?.state['variety'])).join('');
      for (const mark of told) expect(saved).toContain(mark);
      // No deadlock: once the leases have run out, everybody can lock and save everything.
      model.now += LEASE_S * 1000;
      expireAll(model);
      for (const { requester, holder } of PEOPLE) {
        const notAfter = new Date(model.now).toISOString();
        const taken = model.submit(
          requester,
          RECORDS.map((record) => ({
            record,
            kind: 'LOCK' as const,
            base: null,
            fields: { do: 'TAKE', holder, notAfter },
          })),
        );
        if (typeof taken !== 'number') throw new Error(taken.message);
        const saves = RECORDS.map((record, nr): RecordChange => {
          const { version: base = 0, state } = model.current.get(record) ?? {};
          const fields = { variety: `${String(state?.['variety'])}.` };
          return { record, kind: 'LOT', base, fields, lock: taken + nr };
        });
        expect(model.submit(requester, saves)).toBeTypeOf('number');
      }
      checkLog(model.log);
    }),
    { numRuns: RUNS },
  );
});
