import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { JsonObject } from '../identity/strict-json.ts';
import { CommandError } from './output.ts';

const POLL_MS = 200;

/**
 * Waits for a file that the node makes, and tells how far it is.
 *
 * @param look the job as it is now
 * @throws CommandError where it failed
 */
export async function untilMade(
  started: JsonObject,
  look: () => Promise<JsonObject>,
  progress: (job: JsonObject) => string,
): Promise<JsonObject> {
  const show = process.stderr.isTTY === true;
  let job = started;
  while (job['state'] === 'RUNNING') {
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    job = await look();
    if (show) process.stderr.write(`\r${progress(job)}`);
  }
  if (show) process.stderr.write('\r\u001B[K');
  if (job['state'] === 'DONE') return job;
  throw new CommandError(String(job['message']), 'Run the command again.');
}

/** The file is there once it is whole. */
export async function download(url: string, token: string, file: string): Promise<void> {
  const response = await fetch(url, { headers: { authorization: `Bearer ${token}` }, redirect: 'error' });
  if (!response.ok || !response.body)
    throw new CommandError(`The node answered ${response.status} for the file.`, 'Run the command again.');
  const part = `${file}.part`;
  try {
    await pipeline(Readable.fromWeb(response.body as never), createWriteStream(part, { mode: 0o600 }));
    await rename(part, file);
  } finally {
    await rm(part, { force: true });
  }
}
