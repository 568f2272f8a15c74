/** `late` where the work takes longer than that; it goes on all the same. */
export async function inTime<T, L>(work: Promise<T>, patienceMs: number, late: L): Promise<T | L> {
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise<L>((resolve) => (timer = setTimeout(() => resolve(late), patienceMs)));
  return Promise.race([work, over]).finally(() => clearTimeout(timer));
}
