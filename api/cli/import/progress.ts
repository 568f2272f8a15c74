/** Where a long work stands, on stderr: a bar on a terminal, now and then a line elsewhere. */
export interface Progress {
  advance(count: number): void;
  /** A line of its own. */
  note(line: string): void;
  /** Takes the bar away. */
  end(): void;
}

interface Screen {
  isTTY?: boolean;
  columns?: number;
  write(text: string): unknown;
}

const REDRAW_MS = 100;
const LINE_MS = 5_000;
const BAR_WIDTH = 16;
const CLEAR_LINE = '\r\u001B[K';

export function openProgress(screen: Screen, total: number, what: string, now: () => number): Progress {
  const startedAt = now();
  const isTerminal = screen.isTTY === true;
  let done = 0;
  let shownAt = startedAt;

  const show = (): void => {
    const text = progressLine({ done, total, what, elapsedMs: now() - startedAt });
    shownAt = now();
    if (!isTerminal) screen.write(`${text}\n`);
    else screen.write(CLEAR_LINE + `${bar(done, total)} ${text}`.slice(0, (screen.columns ?? 80) - 1));
  };
  return {
    advance(count) {
      done += count;
      if (now() - shownAt >= (isTerminal ? REDRAW_MS : LINE_MS)) show();
    },
    note(line) {
      screen.write(`${isTerminal ? CLEAR_LINE : ''}${line}\n`);
      if (isTerminal) show();
    },
    end() {
      if (isTerminal) screen.write(CLEAR_LINE);
    },
  };
}

/** `1,200 of 50,000 events, 830/s, 59 s left` */
export function progressLine(at: { done: number; total: number; what: string; elapsedMs: number }): string {
  const { done, total, what, elapsedMs } = at;
  const perSecond = elapsedMs > 0 ? (done * 1000) / elapsedMs : 0;
  const left = perSecond > 0 ? `, ${durationOf((total - done) / perSecond)} left` : '';
  return `${count(done)} of ${count(total)} ${what}, ${count(perSecond)}/s${left}`;
}

function bar(done: number, total: number): string {
  const full = Math.round((Math.min(done, total) / Math.max(total, 1)) * BAR_WIDTH);
  return `[${'#'.repeat(full)}${'.'.repeat(BAR_WIDTH - full)}]`;
}

function durationOf(seconds: number): string {
  const whole = Math.ceil(seconds);
  return whole < 120 ? `${whole} s` : `${Math.ceil(whole / 60)} min`;
}

function count(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}
