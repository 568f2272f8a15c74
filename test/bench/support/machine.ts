import { cpus, loadavg, totalmem } from 'node:os';

/** What the figures were measured on; the load tells what else ran. */
export function machine(): string {
  const [first] = cpus();
  const [load = 0] = loadavg();
  return (
    `${cpus().length} CPUs (${first?.model.trim() ?? 'unknown'}), ${Math.round(totalmem() / 2 ** 30)} GiB, ` +
    `${process.platform} ${process.arch}, Node ${process.version}, load ${load.toFixed(2)}`
  );
}
