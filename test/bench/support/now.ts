/** The time since 1970 in ms with its fractions: one clock for the processes of a run. */
export function now(): number {
  return performance.timeOrigin + performance.now();
}
