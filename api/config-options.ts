import { z } from 'zod';
import { isBaseUrl, isSafe, kinds, milliseconds, option, text, whole } from './config-option.ts';

const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
const GOSSIP = ['authority', 'partners', 'off'] as const;
const COSIGN = ['witness', 'followed'] as const;
const SESSION_DOCUMENTS = ['any', 'admin'] as const;
const METRICS_READERS = ['callers', 'loopback', 'nobody'] as const;

/** Every option of a node, in the order in which `.env.example` shows them. */
export const options = {
  dir: option({
    env: 'LOTBOOK_DIR',
    type: text.describe('the path of a directory'),
    default: '.lotbook',
    explanation: "Where this node keeps what is its own: its private key and the embedded database's files.",
  }),
  host: option({
    env: 'LOTBOOK_HOST',
    type: text.describe('a host name or an IP address'),
    default: '127.0.0.1',
    explanation: 'The address to listen on; 0.0.0.0 or :: for all. Put a proxy that speaks TLS before it.',
  }),
  port: option({
    env: 'LOTBOOK_PORT',
    type: whole(0, 65_535),
    default: 4000,
    explanation: 'The TCP port to listen on. 0 takes any free one.',
  }),
  url: option({
    env: 'LOTBOOK_URL',
    type: kinds.baseUrl,
    default: ({ port }) => `http://localhost:${port}`,
    shown: 'http://localhost:4000',
    explanation: 'The public base URL of this node, as partners reach it. Follows LOTBOOK_PORT when unset.',
  }),
  databaseUrl: option({
    env: 'DATABASE_URL',
    type: z
      .string()
      .regex(/^postgres(ql)?:\/\//)
      .describe('a postgresql:// URL')
      .optional(),
    shown: 'postgresql://lotbook@127.0.0.1:5432/lotbook',
    explanation: 'A PostgreSQL of your own. When unset, the node runs an embedded one under LOTBOOK_DIR.',
  }),
  databasePool: option({
    env: 'LOTBOOK_DATABASE_POOL',
    type: whole(2, 1000),
    default: 10,
    explanation: 'How many connections to the database the node may hold.',
  }),
  privateKey: option({
    env: 'LOTBOOK_PRIVATE_KEY',
    type: kinds.privateKey.optional(),
    shown: '\'{"kty":"OKP","crv":"Ed25519","x":"...","d":"..."}\'',
    explanation:
      "The node's private key, from a vault. To change keys without a restart, a JWK Set with the next key too. When unset, it is in a file under LOTBOOK_DIR.",
  }),
  signerUrl: option({
    env: 'LOTBOOK_SIGNER_URL',
    type: kinds.signerUrl.optional(),
    shown: 'unix:/run/lotbook-signer.sock',
    explanation:
      'Another process that signs, before an HSM or a key service: it keeps the private keys instead of this node. What it has to answer is in schema/PROTOCOL.md, section 1.',
  }),
  organisation: option({
    env: 'LOTBOOK_ORGANISATION',
    type: text.describe('a lower-case name like a DNS name').optional(),
    shown: 'packer.example',
    explanation: 'The organisation of the node, where no organisation.json is under LOTBOOK_DIR.',
  }),
  name: option({
    env: 'LOTBOOK_NAME',
    type: text.optional(),
    shown: 'Fresh Pack',
    explanation: 'The name of that organisation, for people.',
  }),
  logLevel: option({
    env: 'LOTBOOK_LOG_LEVEL',
    type: z.enum(LOG_LEVELS).describe(`one of ${LOG_LEVELS.join(', ')}`),
    default: 'info',
    explanation: `How much the log says: ${LOG_LEVELS.join(', ')}.`,
  }),
  metrics: option({
    env: 'LOTBOOK_METRICS',
    type: z.enum(METRICS_READERS).describe(`one of ${METRICS_READERS.join(', ')}`),
    default: 'callers',
    explanation:
      "Who may read /metrics: callers (the organisation's own, with an access token), loopback (those and programs " +
      'on this machine that come through no proxy), nobody.',
  }),
  maxBodyBytes: option({
    env: 'LOTBOOK_MAX_BODY_BYTES',
    type: whole(1024, 1024 ** 3),
    default: 16 * 1024 ** 2,
    explanation: 'The largest request body that is read, in bytes.',
  }),
  callsPerMinute: option({
    env: 'LOTBOOK_CALLS_PER_MINUTE',
    type: whole(1, 1_000_000_000),
    default: 600_000,
    explanation:
      'How many calls an organisation may make in a minute, at all processes of the node together; a costly one counts as several.',
  }),
  personCallsPerMinute: option({
    env: 'LOTBOOK_PERSON_CALLS_PER_MINUTE',
    type: whole(1, 1_000_000_000),
    default: 6_000,
    explanation: 'The same for each person.',
  }),
  outboundNetworks: option({
    env: 'LOTBOOK_OUTBOUND_NETWORKS',
    type: kinds.networks.optional(),
    shown: 'private',
    explanation:
      'Networks of your own in which partners may have their nodes: their addresses are called there. When unset, only the public Internet is; loopback is this machine.',
  }),
  maxQueue: option({
    env: 'LOTBOOK_MAX_QUEUE',
    type: whole(1, 1_000_000),
    default: 10_000,
    explanation: 'How many updates may wait for the commit before callers are told to retry later.',
  }),
  groupCommit: option({
    env: 'LOTBOOK_GROUP_COMMIT',
    type: whole(1, 10_000),
    default: 512,
    explanation: 'The most changes that one database commit holds.',
  }),
  partnerPollMs: option({
    env: 'LOTBOOK_PARTNER_POLL_MS',
    type: milliseconds,
    default: 5000,
    explanation: 'How often partners are asked for the books that they share here, in milliseconds.',
  }),
  retentionPollMs: option({
    env: 'LOTBOOK_RETENTION_POLL_MS',
    type: milliseconds,
    default: 3_600_000,
    explanation: 'How often records whose time is over are looked for and erased, in milliseconds.',
  }),
  lockSeconds: option({
    env: 'LOTBOOK_LOCK_SECONDS',
    type: whole(1, 31_536_000),
    default: 259_200,
    explanation: 'How long a record is locked at most without a renewal, in books approved here, in seconds.',
  }),
  holderPatienceMs: option({
    env: 'LOTBOOK_HOLDER_PATIENCE_MS',
    type: milliseconds,
    default: 5000,
    explanation:
      'How long the node that approves updates of a book may take to answer a request of this one before the other ' +
      'member of its authority is asked, in milliseconds.',
  }),
  checkpointSeconds: option({
    env: 'LOTBOOK_CHECKPOINT_SECONDS',
    type: whole(1, 86_400),
    default: 60,
    explanation:
      'How long an entry of a book that this node approves waits at most until a signed checkpoint covers it, in seconds. ' +
      'A thousand entries wait a sixth of it, unless more are under way.',
  }),
  checkpointOverdueSeconds: option({
    env: 'LOTBOOK_CHECKPOINT_OVERDUE_SECONDS',
    type: whole(1, 31_536_000),
    default: 3_600,
    explanation:
      "How long entries of a partner's book may be held here without a checkpoint that covers them before the alarm is raised, " +
      "in seconds. Longer than the partner's LOTBOOK_CHECKPOINT_SECONDS.",
  }),
  gossip: option({
    env: 'LOTBOOK_GOSSIP',
    type: z.enum(GOSSIP).describe(`one of ${GOSSIP.join(', ')}`),
    default: 'authority',
    explanation:
      "To whom this node shows the checkpoints that it receives of others' books, so that it comes out where different " +
      'readers are shown different logs: authority (owner, members and witness of the book), partners (these, and all ' +
      'partners, who so learn which books this node follows), off.',
  }),
  cosign: option({
    env: 'LOTBOOK_COSIGN',
    type: z.enum(COSIGN).describe(`one of ${COSIGN.join(', ')}`),
    default: 'witness',
    explanation:
      'Which checkpoints this node cosigns: witness (of books whose mandate names it as the witness), followed (also those ' +
      'of the books that it follows, once it has verified them).',
  }),
  heartbeatMs: option({
    env: 'LOTBOOK_HEARTBEAT_MS',
    type: milliseconds,
    default: 15_000,
    explanation: 'How often a sign of life goes out on an open subscription, in milliseconds.',
  }),
  webhookHours: option({
    env: 'LOTBOOK_WEBHOOK_HOURS',
    type: whole(1, 8_760),
    default: 120,
    explanation:
      'How long deliveries to a webhook may fail until it is given up, in hours. It stays, and can be enabled again.',
  }),
  slowReaderMs: option({
    env: 'LOTBOOK_SLOW_READER_MS',
    type: milliseconds,
    default: 30_000,
    explanation: 'How long a subscriber may leave unread what was sent before it is cut off, in ms.',
  }),
  caseRecords: option({
    env: 'LOTBOOK_CASE_RECORDS',
    type: whole(0, 10_000_000),
    default: 20_000,
    explanation: 'How many records of other organisations are kept, with their proofs, for one case.',
  }),
  drainMs: option({
    env: 'LOTBOOK_DRAIN_MS',
    type: milliseconds,
    default: 10_000,
    explanation: 'How long open requests may finish after SIGTERM, in milliseconds.',
  }),
  proxies: option({
    env: 'LOTBOOK_PROXIES',
    type: whole(0, 10),
    default: 0,
    explanation:
      'How many proxies stand before the node and write X-Forwarded-For: so many addresses from its end are believed. The ' +
      'address of who logs in is taken from there.',
  }),
  sessionIdleMinutes: option({
    env: 'LOTBOOK_SESSION_IDLE_MINUTES',
    type: whole(1, 10_080),
    default: 60,
    explanation: 'How long a log-in of a person lasts without being used, in minutes.',
  }),
  sessionDocuments: option({
    env: 'LOTBOOK_SESSION_DOCUMENTS',
    type: z.enum(SESSION_DOCUMENTS).describe(`one of ${SESSION_DOCUMENTS.join(', ')}`),
    default: 'any',
    explanation:
      'What people may ask for over GraphQL by their log-in in a browser: any (what their roles allow, with the page for ' +
      'queries of their own), admin (the operations of the web admin alone).',
  }),
  sessionHours: option({
    env: 'LOTBOOK_SESSION_HOURS',
    type: whole(1, 720),
    default: 12,
    explanation: 'How long a log-in of a person lasts at most, in hours.',
  }),
  oidcIssuer: option({
    env: 'LOTBOOK_OIDC_ISSUER',
    type: z
      .string()
      .refine((value) => isBaseUrl(value) && isSafe(value))
      .describe('an https URL, or an http URL of this machine')
      .optional(),
    shown: 'https://login.packer.example',
    explanation:
      'The OpenID provider at which people log in; its redirect URI is <LOTBOOK_URL>/login/callback. When unset, they have ' +
      'accounts at the node.',
  }),
  oidcClientId: option({
    env: 'LOTBOOK_OIDC_CLIENT_ID',
    type: text.optional(),
    shown: 'lotbook',
    explanation: 'The client id of this node at the OpenID provider. Without it there is none.',
  }),
  oidcClientSecret: option({
    env: 'LOTBOOK_OIDC_CLIENT_SECRET',
    type: text.optional(),
    shown: '...',
    explanation: 'The secret of that client. When unset, it is a public client, which PKCE alone protects.',
  }),
  oidcScope: option({
    env: 'LOTBOOK_OIDC_SCOPE',
    type: z
      .string()
      .regex(/(^| )openid( |$)/)
      .describe('scopes with a space between, openid among them'),
    default: 'openid profile email',
    explanation: 'What the OpenID provider is asked for.',
  }),
  oidcRolesClaim: option({
    env: 'LOTBOOK_OIDC_ROLES_CLAIM',
    type: text.optional(),
    shown: 'realm_access.roles',
    explanation:
      'The claim that gives people their roles in all books at each log-in; with dots a path. Whoever has one of them is let ' +
      'in. When unset, people are invited, and administrators give the roles.',
  }),
  oidcRoles: option({
    env: 'LOTBOOK_OIDC_ROLES',
    type: kinds.roleMap.optional(),
    shown: 'lotbook-admins=ADMINISTRATOR,quality=APPROVER',
    explanation:
      'Which value of that claim gives which role. When unset, the values are the names of the roles.',
  }),
} as const;
