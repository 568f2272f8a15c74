import { basename, relative } from 'node:path';
import { EXIT } from '../cli/output.ts';
import { type DemoNodes, startNodes } from './nodes.ts';
import { openScreen, type Screen } from './screen.ts';
import { openStage, type Stage } from './stage.ts';
import { tellStory } from './tell.ts';

export interface DemoOptions {
  /** Undefined: a temporary directory. */
  dir: string | undefined;
  firstPort: number;
  seed: number | undefined;
  /** Check, and end. */
  exit: boolean;
  /** Undefined: no export is made. */
  exportTo: string | undefined;
  now: () => number;
}

/** Plays the demo. @returns the exit code */
export async function runDemo({ dir, firstPort, seed, exit, exportTo, now }: DemoOptions): Promise<number> {
  const stop = new AbortController();
  const stopped = new Promise<'stopped'>((resolve) =>
    stop.signal.addEventListener('abort', () => resolve('stopped')),
  );
  listenForTheEnd(() => stop.abort());
  const startedAt = now();
  const screen = openScreen(process.stdout);
  const stage = await openStage({ dir, firstPort, seed, now: startedAt });
  let nodes: DemoNodes | undefined;
  try {
    introduce(screen, stage);
    nodes = await startNodes(stage, stop.signal);
    screen.table(
      ['ORGANISATION', 'NODE', 'FINGERPRINT OF ITS KEY'],
      nodes.list.map(({ season, localUrl, fingerprint }) => [season.name, localUrl, fingerprint]),
    );
    const lost = nodes.lost.then((name) => {
      if (!stop.signal.aborted) throw new Error(`the node of ${name} ended`);
      return 'stopped' as const;
    });
    // It is looked at in the races below; where there is none, the demo has ended already.
    lost.catch(() => undefined);
    const findings = await Promise.race([tellStory(screen, nodes, stage, exportTo), stopped, lost]);
    if (findings === 'stopped') return EXIT.failed;
    const code = findings.every(({ holds }) => holds) ? EXIT.ok : EXIT.failed;
    screen.say();
    screen.say(`It took ${((now() - startedAt) / 1000).toFixed(1)} s.`);
    if (exit) return code;
    sayWhatNext(screen, stage, nodes);
    await Promise.race([stopped, lost]);
    screen.say('Stopping the five nodes ...');
    return code;
  } catch (error) {
    if (stop.signal.aborted) return EXIT.failed;
    throw error;
  } finally {
    stop.abort();
    await nodes?.stop();
    await stage.remove();
  }
}

/** Ctrl-C, SIGTERM, a closed terminal, and a reader of the output who has gone. The second signal ends at once. */
function listenForTheEnd(stop: () => void): void {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => {
      process.once(signal, () => process.exit(EXIT.failed));
      stop();
    });
  }
  process.stdout.once('error', stop);
}

function introduce(screen: Screen, { dir, isNew, data }: Stage): void {
  const names = data.organisations.map(({ name, role }) => `${name} (${role})`);
  screen.step('Five organisations start their nodes');
  screen.say(
    `${names.join(', ')}: each runs its own node on this machine, a process with its own database and its own key. ` +
      'No server in the middle knows everything.',
  );
  screen.say();
  screen.say(isNew ? `They are made in ${dir}.` : `They are in ${dir} from before.`);
  screen.say();
}

function sayWhatNext(screen: Screen, { dir }: Stage, { list }: DemoNodes): void {
  const [, cli = 'lotbook'] = process.argv;
  const command = `${basename(process.execPath)} ${relative('', cli)}`;
  const [grower, packer] = list;
  if (!grower || !packer) return;
  const at = ({ dir: home, port }: typeof grower): string =>
    `${command} --dir ${relative('', home) || home} --port ${port}`;
  screen.step('Look around');
  screen.say('The nodes go on running until Ctrl-C. In another terminal:');
  screen.say();
  screen.show([
    `${at(grower)} status`,
    `${at(packer)} authority show plant --history`,
    `${at(packer)} authority hand-over plant`,
    `${at(packer)} partners list`,
    `${at(packer)} import YOUR-EPCIS.json --book plant`,
    `curl -s ${grower.localUrl}/graphql -H "authorization: Bearer $(${at(grower)} token)" \\`,
    `  -H "content-type: application/json" -d '{"query":"{ books { id title length } }"}'`,
  ]);
  screen.say();
  screen.say(
    `Everything is in ${relative('', dir) || dir}; run the demo again to go on with it, or remove it to begin anew.`,
  );
}
