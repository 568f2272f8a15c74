import fc from 'fast-check';
import { publicPart } from '../../api/identity/jwk.ts';
import type { PinnedKeys } from '../../api/identity/jws.ts';
import { sha256 } from '../../api/identity/sha256.ts';
import type { Signer } from '../../api/identity/signer.ts';
import {
  APPROVAL_TYP,
  type ApprovalClaims,
  signApproval,
  verifyApproval,
} from '../../api/ledger/statements/approval.ts';
import {
  DECISION_TYP,
  type DecisionClaims,
  signDecision,
  verifyDecision,
} from '../../api/ledger/statements/decision.ts';
import {
  MANDATE_TYP,
  type MandateClaims,
  signMandate,
  verifyMandate,
} from '../../api/ledger/statements/mandate.ts';
import {
  PROVISIONAL_TYP,
  type ProvisionalClaims,
  signProvisional,
  verifyProvisional,
} from '../../api/ledger/statements/provisional.ts';
import {
  RECEIPT_TYP,
  type ReceiptClaims,
  signReceipt,
  verifyReceipt,
} from '../../api/ledger/statements/receipt.ts';
import type { Member } from '../../api/ledger/statements/shapes.ts';
import {
  signTerm,
  TERM_REASONS,
  TERM_TYP,
  type TermClaims,
  verifyTerm,
} from '../../api/ledger/statements/term.ts';
import {
  signUnable,
  UNABLE_TYP,
  type UnableClaims,
  verifyUnable,
} from '../../api/ledger/statements/unable.ts';
import { ed25519, p256 } from '../identity/keys.ts';

export const owner = 'grower.example';
export const primary = 'packer.example';
export const backup = 'shipper.example';
export const witness = 'agency.example';
export const book = 'grower.example/harvest';
export const digest = (text: string) => sha256(text);

const jwks = [ed25519(), p256(), ed25519()].map(({ jwk }) => publicPart(jwk));

export function memberOf(organisation: string, key = 0): Member {
  return {
    organisation,
    name: `${organisation} plc`,
    url: `https://${organisation}`,
    jwk: jwks[key] as Member['jwk'],
  };
}

interface Expected {
  keys: PinnedKeys;
  issuer: string;
  book: string;
}

type Outcome =
  | { ok: true; typ: string; claims: object; kid: string; hash: string }
  | { ok: false; code: string; detail: string };

/** One kind of statement, for tests that ask the same of all. */
export interface Sample {
  typ: string;
  /** An example with every claim that is not optional. */
  claims: Record<string, unknown>;
  any: fc.Arbitrary<Record<string, unknown>>;
  sign: (claims: object, signer: Signer) => Promise<string>;
  verify: (token: string, expected: Expected) => Outcome;
  /** Claims that the shape refuses, and the place that it names. */
  wrong: readonly (readonly [what: string, changed: object, place: string])[];
}

const anyText = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 30 });
const anyDigest = anyText.map(digest);
const anyHost = fc.stringMatching(/^[a-z]{1,12}$/);
const anyFrontier = fc
  .array(anyDigest, { maxLength: 8 })
  .map((nodes) => ({ len: 2 ** nodes.length - 1, nodes }));
const anyOrdinal = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER });
const anyLength = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER });
const anyTime = fc.integer({ min: 0, max: 1e13 }).map((ms) => ms / 1000);
const anyDuration = fc.integer({ min: 1, max: 86_400_000 });
const optional = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
/** As a reader gets it: without the claims that are not there. */
const written = <T>(claims: T) => JSON.parse(JSON.stringify(claims)) as T;
const any = <T extends object>(parts: { [K in keyof T]: fc.Arbitrary<T[K]> }) =>
  fc.record(parts as Record<string, fc.Arbitrary<unknown>>).map((claims) => written(claims) as T);

const firstMandate: MandateClaims = {
  iss: owner,
  book,
  m: 1,
  iat: 1_800_000_000.25,
  primary: memberOf(primary, 0),
  backup: memberOf(backup, 1),
  witness: memberOf(witness, 2),
  mode: 'strict',
  leaseMs: 10_000,
  drift: 0.01,
  takeoverMs: 15_000,
  handBack: 'auto',
  term: 1,
};
const firstTerm: TermClaims = {
  iss: witness,
  book,
  n: 1,
  m: 1,
  iat: 1_800_000_001,
  holder: primary,
  insync: [primary, backup],
  registrar: witness,
  len: 0,
  head: digest(''),
  why: 'appoint',
};
const receipt: ReceiptClaims = {
  iss: backup,
  book,
  n: 1,
  len: 7,
  head: digest('log'),
  iat: 1_800_000_002,
  as: 'member',
};
const approval: ApprovalClaims = {
  iss: primary,
  book,
  n: 1,
  len: 7,
  head: digest('log'),
  iat: 1_800_000_003,
  receipts: [digest('receipt')],
};
const unable: UnableClaims = {
  iss: 'shop.example',
  aud: backup,
  book,
  about: primary,
  n: 1,
  request: digest('request'),
  iat: 1_800_000_004,
  jti: 'notice-1',
};
const decision: DecisionClaims = {
  iss: primary,
  book,
  seq: 8,
  term: 1,
  iat: 1_800_000_005,
  jti: 'decision-1',
  txn: 'request-1',
  requester: 'shop.example/erp',
  key: digest('key'),
  content: digest('content'),
  state: 'REFUSED',
  code: 'STALE_BASE',
};
const provisional: ProvisionalClaims = {
  iss: backup,
  book,
  request: digest('request'),
  len: 7,
  head: digest('log'),
  iat: 1_800_000_006,
};
export const examples = {
  mandate: firstMandate,
  term: firstTerm,
  receipt,
  approval,
  unable,
  decision,
  provisional,
};

const notDigest = 'A'.repeat(42);
const common = [
  ['no issuer', { iss: '' }, 'iss'],
  ['a book that is no text', { book: 1 }, 'book'],
  ['a time that is text', { iat: '1800000000' }, 'iat'],
  ['a time before 1970', { iat: -1 }, 'iat'],
] as const;
const log = [
  ['term 0', { n: 0 }, 'n'],
  ['half a term', { n: 1.5 }, 'n'],
  ['a log of negative length', { len: -1 }, 'len'],
  ['a root that is no digest', { head: notDigest }, 'head'],
] as const;

const anyMandate = any<MandateClaims>({
  iss: fc.constant(owner),
  book: fc.constant(book),
  m: anyOrdinal,
  prev: anyDigest,
  iat: anyTime,
  primary: anyHost.map((name) => memberOf(`${name}-1.example`)),
  backup: fc.option(anyHost.map((name) => memberOf(`${name}-2.example`, 1))),
  witness: fc.option(anyHost.map((name) => memberOf(`${name}-3.example`, 2))),
  mode: fc.constantFrom('strict', 'available'),
  leaseMs: anyDuration,
  drift: fc.double({ min: 0, max: 0.2, noNaN: true }),
  takeoverMs: anyDuration,
  handBack: fc.constantFrom('auto', 'manual'),
  term: anyOrdinal,
  acceptLoss: optional(anyFrontier),
}).map(({ prev, ...rest }) => (rest.m === 1 ? rest : { ...rest, prev }));

const anyTerm = any<TermClaims>({
  iss: fc.constant(witness),
  book: fc.constant(book),
  n: anyOrdinal,
  m: anyOrdinal,
  prev: optional(anyDigest),
  iat: anyTime,
  holder: fc.constant(primary),
  insync: fc.constantFrom([primary], [primary, backup], ['a.example', primary]),
  registrar: fc.constant(witness),
  len: anyLength,
  head: anyDigest,
  why: fc.constantFrom(...TERM_REASONS),
  confirmedBy: optional(anyText),
}).map(({ prev, confirmedBy, ...rest }) => ({
  ...rest,
  ...(rest.n > 1 && prev !== undefined && { prev }),
  ...(rest.why === 'take-over' && confirmedBy !== undefined && { confirmedBy }),
}));

const mandateSample: Sample = {
  typ: MANDATE_TYP,
  claims: { ...firstMandate },
  any: anyMandate,
  sign: (claims, signer) => signMandate(claims as MandateClaims, signer),
  verify: verifyMandate,
  wrong: [
    ...common,
    ['a first mandate after another', { prev: digest('mandate 0') }, 'prev'],
    ['a later mandate after none', { m: 2 }, 'prev'],
    ['a later mandate after what is no token hash', { m: 2, prev: notDigest }, 'prev'],
    ['no primary', { primary: null }, 'primary'],
    ['the primary as its own backup', { backup: memberOf(primary) }, 'backup'],
    ['the primary as witness', { witness: memberOf(primary) }, 'witness'],
    ['the backup as witness with another key', { witness: memberOf(backup, 2) }, 'witness'],
    ['an unknown member', { primary: { ...memberOf(primary), vote: 2 } }, 'primary'],
    ['a key of another kind', { primary: { ...memberOf(primary), jwk: { kty: 'RSA' } } }, 'primary.jwk'],
    [
      'a key with a name',
      { primary: { ...memberOf(primary), jwk: { ...memberOf(primary).jwk, kid: '1' } } },
      'primary.jwk',
    ],
    [
      'a private key',
      { primary: { ...memberOf(primary), jwk: { ...memberOf(primary).jwk, d: 'A' } } },
      'primary.jwk',
    ],
    [
      'a key off the curve',
      {
        primary: {
          ...memberOf(primary),
          jwk: { kty: 'EC', crv: 'P-256', x: 'A'.repeat(43), y: 'A'.repeat(43) },
        },
      },
      'primary.jwk',
    ],
    ['no key', { backup: { ...memberOf(backup), jwk: undefined } }, 'backup.jwk'],
    [
      'an address of another scheme',
      { backup: { ...memberOf(backup), url: 'ftp://a.example' } },
      'backup.url',
    ],
    [
      'an address that ends in a slash',
      { backup: { ...memberOf(backup), url: 'https://a.example/' } },
      'backup.url',
    ],
    ['a name with an escape sequence', { backup: { ...memberOf(backup), name: '\u001b[2J' } }, 'backup.name'],
    ['another mode', { mode: 'fast' }, 'mode'],
    ['no lease', { leaseMs: 0 }, 'leaseMs'],
    ['a lease over a day', { leaseMs: 86_400_001 }, 'leaseMs'],
    ['a drift beyond a fifth', { drift: 0.21 }, 'drift'],
    ['a negative drift', { drift: -0.01 }, 'drift'],
    ['half a millisecond', { takeoverMs: 0.5 }, 'takeoverMs'],
    ['another hand-back', { handBack: true }, 'handBack'],
    ['term 0', { term: 0 }, 'term'],
    ['a loss that is half accepted', { acceptLoss: 'perhaps' }, 'acceptLoss'],
    ['a log that is no log', { acceptLoss: { len: 3, nodes: [] } }, 'acceptLoss.nodes'],
  ],
};

const termSample: Sample = {
  typ: TERM_TYP,
  claims: { ...firstTerm },
  any: anyTerm,
  sign: (claims, signer) => signTerm(claims as TermClaims, signer),
  verify: verifyTerm,
  wrong: [
    ...common,
    ...log,
    ['mandate 0', { m: 0 }, 'm'],
    ['a first term after another', { prev: digest('term 0') }, 'prev'],
    ['another registrar than its signer', { registrar: backup }, 'registrar'],
    ['a holder that is not in sync', { insync: [backup] }, 'insync'],
    ['nobody in sync', { insync: [] }, 'insync'],
    ['three in sync', { insync: [backup, primary, witness].sort() }, 'insync'],
    ['members that are not sorted', { insync: [backup, primary] }, 'insync'],
    ['one member twice', { insync: [primary, primary] }, 'insync'],
    ['another reason', { why: 'coup' }, 'why'],
    ['an operator where none is asked', { confirmedBy: 'ann' }, 'confirmedBy'],
    ['an operator without a name', { why: 'take-over', confirmedBy: '' }, 'confirmedBy'],
  ],
};

const receiptSample: Sample = {
  typ: RECEIPT_TYP,
  claims: { ...receipt },
  any: any<ReceiptClaims>({
    iss: fc.constant(backup),
    book: fc.constant(book),
    n: anyOrdinal,
    len: anyLength,
    head: anyDigest,
    iat: anyTime,
    as: fc.constantFrom('member', 'witness'),
  }).map((claims) => ({ ...claims })),
  sign: (claims, signer) => signReceipt(claims as ReceiptClaims, signer),
  verify: verifyReceipt,
  wrong: [...common, ...log, ['another part', { as: 'holder' }, 'as']],
};

const approvalSample: Sample = {
  typ: APPROVAL_TYP,
  claims: { ...approval },
  any: any<ApprovalClaims>({
    iss: fc.constant(primary),
    book: fc.constant(book),
    n: anyOrdinal,
    len: anyLength,
    head: anyDigest,
    iat: anyTime,
    receipts: fc.uniqueArray(anyDigest, { minLength: 1, maxLength: 2 }),
  }).map((claims) => ({ ...claims })),
  sign: (claims, signer) => signApproval(claims as ApprovalClaims, signer),
  verify: (token, expected) => verifyApproval(token, { ...expected, registrar: witness }),
  wrong: [
    ...common,
    ...log,
    ['a receipt that is no hash', { receipts: [notDigest] }, 'receipts.0'],
    ['one receipt twice', { receipts: [digest('a'), digest('a')] }, 'receipts'],
    ['three receipts', { receipts: ['a', 'b', 'c'].map(digest) }, 'receipts'],
  ],
};

const unableSample: Sample = {
  typ: UNABLE_TYP,
  claims: { ...unable },
  any: any<UnableClaims>({
    iss: anyText,
    aud: fc.constant(backup),
    book: fc.constant(book),
    about: anyText.filter((text) => text !== backup),
    n: anyOrdinal,
    request: anyDigest,
    iat: anyTime,
    jti: anyText,
  }).map((claims) => ({ ...claims })),
  sign: (claims, signer) => signUnable(claims as UnableClaims, signer),
  verify: (token, expected) => verifyUnable(token, { ...expected, audience: backup }),
  wrong: [
    ...common,
    ['two audiences', { aud: [backup, witness] }, 'aud'],
    ['a notice about the member that it turns to', { about: backup }, 'about'],
    ['term 0', { n: 0 }, 'n'],
    ['a request that is no hash', { request: 'request-1' }, 'request'],
    ['no id', { jti: '' }, 'jti'],
  ],
};

const decisionSample: Sample = {
  typ: DECISION_TYP,
  claims: { ...decision },
  any: any<DecisionClaims>({
    iss: fc.constant(primary),
    book: fc.constant(book),
    seq: anyOrdinal,
    term: anyOrdinal,
    mandate: optional(anyDigest),
    iat: anyTime,
    jti: anyText,
    txn: anyText,
    requester: anyText,
    key: anyDigest,
    content: anyDigest,
    state: fc.constantFrom('REFUSED', 'REJECTED'),
    code: fc.constantFrom('STALE_BASE', 'A_CODE_OF_LATER'),
  }).map(({ code, ...rest }) => (rest.state === 'REFUSED' ? { ...rest, code } : rest)),
  sign: (claims, signer) => signDecision(claims as DecisionClaims, signer),
  verify: verifyDecision,
  wrong: [
    ...common,
    ['place 0', { seq: 0 }, 'seq'],
    ['term 0', { term: 0 }, 'term'],
    ['a mandate that is no hash', { mandate: '1' }, 'mandate'],
    ['no id', { jti: '' }, 'jti'],
    ['no request', { txn: '' }, 'txn'],
    ['no requester', { requester: '' }, 'requester'],
    ['the idempotency key itself', { key: 'shipment 17' }, 'key'],
    ['the content itself', { content: '{}' }, 'content'],
    ['an approval', { state: 'APPROVED' }, 'state'],
    ['a refusal without a code', { code: undefined }, 'code'],
    ['a rejection with a code', { state: 'REJECTED' }, 'code'],
    ['a code that is a sentence', { code: 'not now' }, 'code'],
  ],
};

const provisionalSample: Sample = {
  typ: PROVISIONAL_TYP,
  claims: { ...provisional },
  any: any<ProvisionalClaims>({
    iss: fc.constant(backup),
    book: fc.constant(book),
    request: anyDigest,
    len: anyLength,
    head: anyDigest,
    iat: anyTime,
  }).map((claims) => ({ ...claims })),
  sign: (claims, signer) => signProvisional(claims as ProvisionalClaims, signer),
  verify: verifyProvisional,
  wrong: [
    ...common,
    ['a request that is no hash', { request: 'request-1' }, 'request'],
    ['a log of negative length', { len: -1 }, 'len'],
    ['a root that is no digest', { head: notDigest }, 'head'],
  ],
};

export const samples: readonly Sample[] = [
  mandateSample,
  termSample,
  receiptSample,
  approvalSample,
  unableSample,
  decisionSample,
  provisionalSample,
];
