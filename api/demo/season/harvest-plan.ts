/** One harvest of every week, by day of the week and minute of the day. */
export interface HarvestPlan {
  product: string;
  fields: string[];
  weekday: number;
  minute: number;
  /** kilograms, from and to */
  mass: [number, number];
  water: string;
}

export const HARVESTS: HarvestPlan[] = [
  {
    product: 'gv-romaine',
    fields: ['Ranch 4 Block A', 'Ranch 4 Block B'],
    weekday: 0,
    minute: 330,
    mass: [330, 380],
    water: 'Well 7',
  },
  {
    product: 'gv-romaine',
    fields: ['Ranch 4 Block C', 'Ranch 4 Block D'],
    weekday: 0,
    minute: 400,
    mass: [330, 380],
    water: 'Well 7',
  },
  {
    product: 'gv-leaf',
    fields: ['Ranch 4 Block E'],
    weekday: 0,
    minute: 470,
    mass: [225, 250],
    water: 'Well 9',
  },
  {
    product: 'gv-spinach',
    fields: ['Ranch 4 Block K', 'Ranch 4 Block L', 'Ranch 4 Block M'],
    weekday: 1,
    minute: 335,
    mass: [335, 370],
    water: 'Old Stage reservoir',
  },
  {
    product: 'sr-spinach',
    fields: ['North Gila 12', 'North Gila 14'],
    weekday: 0,
    minute: 300,
    mass: [285, 315],
    water: 'Colorado River canal',
  },
  {
    product: 'sr-baby',
    fields: ['North Gila 15', 'North Gila 16'],
    weekday: 0,
    minute: 365,
    mass: [250, 275],
    water: 'Colorado River canal',
  },
];

export const CREWS: Record<string, { name: string; phone: string }> = {
  greenvalley: { name: 'Alisal Harvest Crew 3', phone: '+1-831-555-0143' },
  sunriver: { name: 'Gila Harvesting Crew 1', phone: '+1-928-555-0117' },
};
