import { existsSync } from 'node:fs';
import type { Command } from 'commander';
import type { Config } from '../config.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../identity/strict-json.ts';
import type { Revocation } from '../identity/key-statement.ts';
import { externalSigner } from '../peers/external-signer.ts';
import { openHome } from '../store/home.ts';
import { bringNextKey, makeLaterKey, stageRotation, unstage } from '../store/home/rotation.ts';
import { configOf } from './options.ts';
import { CommandError, EXIT, printJson, printLine, printTable } from './output.ts';
import { connectOwnNode, NotRunningError, type OwnNode } from './own-node.ts';

interface Common {
  json?: boolean;
}

interface RotateOptions extends Common {
  next?: string;
  then?: string;
}

interface RevokeOptions extends RotateOptions {
  reason: string;
  from?: string[];
}

const KEYS = '{ organisation next keys { number kid fingerprint algorithm since revoked } }';
const ERROR = 'error { message duty }';

/** `lotbook keys ...` */
export function addKeys(program: Command): void {
  const keys = program
    .command('keys')
    .summary('the keys of an organisation: show, rotate, revoke, recover')
    .description(
      'A node signs with one key at a time. Each statement of its key log commits to the key that comes next, so that a thief of ' +
        'the current key cannot change it, and whoever has lost it can. Keep next-key.jwk on another machine; it is needed ' +
        'to rotate, revoke and recover.',
    );
  addShow(keys);
  addRotate(keys);
  addRevoke(keys);
  addRecover(keys);
}

function addShow(keys: Command): void {
  keys
    .command('show')
    .description('show with which keys an organisation has signed, and since when')
    .argument('[organisation]', "a partner; the node's own organisation where it is left out")
    .option('--json', 'print JSON')
    .action(async (organisation: string | undefined, options: Common, self: Command) => {
      const node = await connectOwnNode(configOf(self));
      const { keys: log } = await node.query(
        `query ($organisation: ID) { keys(organisation: $organisation) ${KEYS} }`,
        {
          organisation,
        },
      );
      if (!isJsonObject(log)) {
        throw new CommandError(
          `No key log of ${organisation ?? 'this organisation'} is known here.`,
          'It is asked for when the organisation signs with a key that is not known yet. `lotbook partners list` shows the pinned one.',
        );
      }
      if (options.json) printJson(log);
      else printKeyLog(log);
    });
}

function addRotate(keys: Command): void {
  rotation(keys.command('rotate').description('change to the next key')).action(
    (options: RotateOptions, self: Command) => change(self, options, () => Promise.resolve(undefined)),
  );
}

function addRevoke(keys: Command): void {
  rotation(
    keys
      .command('revoke')
      .description('declare that a key may have been in other hands, and change to the next one')
      .argument('<kid>', 'thumbprint of the key, as `lotbook keys show` prints it')
      .requiredOption('--reason <text>', 'for the partners: why')
      .option('--from <book:seq...>', 'from which entry of a book on what the key has signed counts no more'),
  ).action((kid: string, options: RevokeOptions, self: Command) =>
    change(self, options, (node) => Promise.resolve([revocationOf(kid, node.organisation, options)])),
  );
}

function addRecover(keys: Command): void {
  rotation(
    keys
      .command('recover')
      .description(
        'change to the next key because the current one is lost or stolen, and revoke that. Where the node cannot start without ' +
          'the lost key, it changes when it is started again.',
      )
      .option('--reason <text>', 'for the partners: why', 'lost or stolen')
      .option(
        '--from <book:seq...>',
        'from which entry of a book on what the old key has signed counts no more',
      ),
  ).action((options: RevokeOptions, self: Command) => recover(self, options));
}

function rotation(command: Command): Command {
  return command
    .option('--next <file>', 'the next private key, where it was moved away: next-key.jwk')
    .option('--then <kid>', 'thumbprint of the key after it, where this machine is not to make it')
    .option('--json', 'print JSON');
}

/** Prepares the change in the directory of the node, and has the running node take it up. */
async function change(
  self: Command,
  options: RotateOptions,
  revoked: (node: OwnNode) => Promise<Revocation[] | undefined>,
): Promise<void> {
  const config = configOf(self);
  const node = await connectOwnNode(config);
  report(await changeKey(node, config, options, () => revoked(node)), options);
}

/** @returns the key log as it is then */
export async function changeKey(
  node: OwnNode,
  config: Pick<Config, 'dir' | 'privateKey' | 'signerUrl'>,
  options: RotateOptions,
  revoked: () => Promise<Revocation[] | undefined>,
): Promise<JsonValue | undefined> {
  // Nothing is prepared for a node that is not there.
  await node.query('{ node { organisation } }');
  await prepare(config, options, revoked);
  try {
    return (await node.mutate(`mutation { rotateKey { keys ${KEYS} ${ERROR} } }`))['keys'];
  } catch (error) {
    // It was refused for good; what is unknown is found out by the node, at its next start at the latest.
    if (error instanceof CommandError && !(error instanceof NotRunningError)) await unstage(config.dir);
    throw error;
  }
}

async function recover(self: Command, options: RevokeOptions): Promise<void> {
  const config = configOf(self);
  const revoke = (node: OwnNode, log: JsonObject): Revocation[] => {
    const kid = objects(log['keys']).at(-1)?.['kid'];
    return [revocationOf(String(kid), node.organisation, options)];
  };
  try {
    const node = await connectOwnNode(config);
    const { keys } = await node.query(`{ keys ${KEYS} }`);
    return await change(self, options, () =>
      Promise.resolve(isJsonObject(keys) ? revoke(node, keys) : undefined),
    );
  } catch (error) {
    const isDown = error instanceof NotRunningError || !existsSync(`${config.dir}/key.jwk`);
    if (!isDown) throw error;
  }
  await prepare(config, options, async () => {
    const { organisation } = await openHome(config, externalSigner);
    return [revocationOf('', organisation, options)];
  });
  printLine(
    'The change is prepared. Start the node: it changes to the next key before it does anything else.',
  );
}

/** `revoked` is asked for once the keys are in place: where the current one is lost, the next one stands for it. */
async function prepare(
  { dir, privateKey, signerUrl }: Pick<Config, 'dir' | 'privateKey' | 'signerUrl'>,
  { next, then }: RotateOptions,
  revoked: () => Promise<Revocation[] | undefined>,
): Promise<void> {
  if (then === undefined && (privateKey ?? signerUrl) !== undefined) {
    throw new CommandError(
      'The keys of this node are not in its directory: the key that comes after the next one has to be made where they are.',
      'Name it by its RFC 7638 thumbprint: --then <kid>',
      EXIT.usage,
    );
  }
  if (next !== undefined) await bringNextKey(dir, next);
  const kid = then ?? (await makeLaterKey(dir));
  await stageRotation(dir, { next: kid, revoked: await revoked() });
}

/** An empty kid stands for the key that is in force when the change is made. */
function revocationOf(kid: string, organisation: string, { reason, from = [] }: RevokeOptions): Revocation {
  return { kid, reason, from: from.map((place) => placeOf(place, organisation)) };
}

function placeOf(text: string, organisation: string): Revocation['from'][number] {
  const [, book = '', seq = ''] = /^(.+):(\d{1,10})$/.exec(text) ?? [];
  if (book === '' || Number(seq) < 1) {
    throw new CommandError(
      `${text} is no place of a book.`,
      'Name a book and the number of an entry: --from season-2026:1200',
      EXIT.usage,
    );
  }
  return { book: book.includes('/') ? book : `${organisation}/${book}`, seq: Number(seq) };
}

function report(keys: JsonValue | undefined, options: Common): void {
  if (!isJsonObject(keys))
    throw new CommandError('The node did not say what its key is now.', 'Ask `lotbook keys show`.');
  if (options.json) return printJson(keys);
  printKeyLog(keys);
  printLine();
  printLine(
    'Partners follow by themselves. Move next-key.jwk to another machine again: it replaces this key if it is lost.',
  );
}

function printKeyLog(log: JsonObject): void {
  const rows = objects(log['keys']);
  printLine(`${String(log['organisation'])} has signed with`);
  printTable(
    ['', 'FINGERPRINT', 'KID', 'SINCE', ''],
    rows.map(({ number, fingerprint, kid, since, revoked }, index) => {
      const inForce = index === rows.length - 1 ? 'in force' : '';
      const state = typeof revoked === 'string' ? `revoked: ${revoked}` : inForce;
      return [String(number), String(fingerprint), String(kid), String(since), state];
    }),
  );
  printLine(`The next key can only be ${String(log['next'])}.`);
}

function objects(value: JsonValue | undefined): JsonObject[] {
  return Array.isArray(value) ? value.filter(isJsonObject) : [];
}
