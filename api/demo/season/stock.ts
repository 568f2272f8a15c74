import type { Lot, Portion, Tenths } from './types.ts';

/** What an organisation holds of each lot, oldest first. */
export class Stock {
  readonly #held: Portion[] = [];

  add(lot: Lot, tenths: Tenths): void {
    this.#held.push({ lot, tenths });
  }

  /** Takes a mass of a product, oldest lots first, or all of it. @throws Error where there is not enough */
  take(productKey: string, tenths: Tenths | 'all'): Portion[] {
    const taken: Portion[] = [];
    let missing = tenths === 'all' ? this.of(productKey) : tenths;
    for (const held of this.#held) {
      if (held.lot.product.key !== productKey || held.tenths === 0 || missing === 0) continue;
      const part = Math.min(held.tenths, missing);
      held.tenths -= part;
      missing -= part;
      taken.push({ lot: held.lot, tenths: part });
    }
    if (missing > 0) throw new Error(`the plan of the season needs more ${productKey} than there is`);
    return taken;
  }

  of(productKey: string): Tenths {
    return this.#held
      .filter(({ lot }) => lot.product.key === productKey)
      .reduce((sum, { tenths }) => sum + tenths, 0);
  }
}
