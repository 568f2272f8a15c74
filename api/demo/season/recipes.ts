/** A run of the salad plant: what it draws (kilograms, or all there is), what it makes, what is lost (per mille). */
export interface Recipe {
  output: string;
  letters: string;
  weekday: number;
  minute: number;
  inputs: [product: string, kilograms: number | 'all'][];
  wastePerMille: [number, number];
}

export const RECIPES: Recipe[] = [
  {
    output: 'fp-cut',
    letters: 'CUT',
    weekday: 2,
    minute: 360,
    inputs: [['gv-romaine', 'all']],
    wastePerMille: [125, 155],
  },
  {
    output: 'fp-crunch',
    letters: 'CRN',
    weekday: 2,
    minute: 540,
    inputs: [
      ['fp-cut', 190],
      ['gv-leaf', 90],
    ],
    wastePerMille: [12, 24],
  },
  {
    output: 'fp-garden',
    letters: 'GRD',
    weekday: 2,
    minute: 720,
    inputs: [
      ['fp-cut', 180],
      ['gv-leaf', 130],
      ['sr-baby', 75],
    ],
    wastePerMille: [14, 28],
  },
  {
    output: 'fp-spring',
    letters: 'SPR',
    weekday: 3,
    minute: 360,
    inputs: [
      ['gv-spinach', 150],
      ['sr-spinach', 140],
      ['sr-baby', 165],
    ],
    wastePerMille: [18, 32],
  },
  {
    output: 'fp-power',
    letters: 'PWR',
    weekday: 3,
    minute: 540,
    inputs: [
      ['gv-spinach', 165],
      ['sr-spinach', 135],
      ['fp-cut', 165],
    ],
    wastePerMille: [18, 32],
  },
];
