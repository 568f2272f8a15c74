import { randomUUID } from 'node:crypto';
import type { Command } from 'commander';
import type { Config } from '../config.ts';
import { externalSigner } from '../peers/external-signer.ts';
import { sendAnywhere } from '../peers/outbound.ts';
import { openTokens } from '../peers/tokens.ts';
import { openHome } from '../store/home.ts';
import { configOf } from './options.ts';
import { printJson, printLine } from './output.ts';
import { audienceOf, localUrlOf, signerOf } from './own-node.ts';

export function addToken(program: Command): void {
  program
    .command('token')
    .summary('print an access token for the running node')
    .description(
      'Prints a five-minute access token of the operator, for a look at the node with curl. Treat it like a password.\n\n' +
        '  curl -s http://localhost:4000/graphql -H "authorization: Bearer $(lotbook token)" \\\n' +
        '    -H "content-type: application/json" -d \'{"query":"{ books { id title length } }"}\'',
    )
    .option('--json', 'print JSON')
    .action(async (options: { json?: boolean }, command: Command) => {
      const config = configOf(command);
      const token = await fetchToken(config);
      if (options.json) printJson({ url: `${localUrlOf(config)}/graphql`, token });
      else printLine(token);
    });
}

/** A five-minute access token of the operator for the running node of this directory. */
export async function fetchToken(config: Config): Promise<string> {
  const home = await openHome(config, externalSigner);
  const { organisation } = home;
  const url = localUrlOf(config);
  const signer = await signerOf(home, url);
  const tokens = openTokens({
    clientId: organisation,
    signer,
    now: Date.now,
    randomId: randomUUID,
    send: sendAnywhere,
  });
  return tokens.tokenFor({ url, audience: await audienceOf(url, organisation) });
}
