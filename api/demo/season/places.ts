import { gln } from './keys.ts';
import { ORGANISATIONS } from './organisations.ts';
import type { OrganisationSlug, Place } from './types.ts';

/** key | organisation | location reference | kind | name | street | city | state | postal code | latitude | longitude */
const TABLE = `
gv-farm   | greenvalley | 1 | farm         | Green Valley Ranch 4           | 1850 Old Stage Road       | Salinas       | CA | 93908 | 36.6421 | -121.5566
gv-cooler | greenvalley | 2 | cooler       | Green Valley vacuum cooler     | 40 Cooler Lane            | Salinas       | CA | 93901 | 36.6612 | -121.6288
gv-shed   | greenvalley | 3 | packing shed | Green Valley packing shed      | 44 Cooler Lane            | Salinas       | CA | 93901 | 36.6615 | -121.6281
sr-farm   | sunriver    | 1 | farm         | Sun River North Gila block     | 9200 East 8th Street      | Yuma          | AZ | 85365 | 32.7512 | -114.4466
sr-cooler | sunriver    | 2 | cooler       | Sun River hydro cooler         | 310 Gila Ridge Road       | Yuma          | AZ | 85365 | 32.6794 | -114.5697
sr-shed   | sunriver    | 3 | packing shed | Sun River packing shed         | 312 Gila Ridge Road       | Yuma          | AZ | 85365 | 32.6797 | -114.5691
fp-plant  | freshpack   | 1 | plant        | Freshpack salad plant          | 700 Airport Boulevard     | Salinas       | CA | 93905 | 36.6589 | -121.6054
fp-line   | freshpack   | 2 | line         | Freshpack wash and mix line 2  | 700 Airport Boulevard     | Salinas       | CA | 93905 | 36.6589 | -121.6054
cc-store  | coldchain   | 1 | cold store   | Coldchain Tracy cold store     | 2100 Paradise Road        | Tracy         | CA | 95304 | 37.7622 | -121.4387
mf-sf     | marketfresh | 1 | shop         | Marketfresh Mission Street     | 2650 Mission Street       | San Francisco | CA | 94110 | 37.7551 | -122.4186
mf-oak    | marketfresh | 2 | shop         | Marketfresh Lakeshore          | 3300 Lakeshore Avenue     | Oakland       | CA | 94610 | 37.8113 | -122.2437
mf-sj     | marketfresh | 3 | shop         | Marketfresh Alameda            | 1300 The Alameda          | San Jose      | CA | 95126 | 37.3316 | -121.9086
mf-sac    | marketfresh | 4 | shop         | Marketfresh Midtown            | 1900 K Street             | Sacramento    | CA | 95811 | 38.5752 | -121.4808
mf-fre    | marketfresh | 5 | shop         | Marketfresh Blackstone         | 5100 N Blackstone Avenue  | Fresno        | CA | 93710 | 36.8091 | -119.7901
mf-phx    | marketfresh | 6 | shop         | Marketfresh Camelback          | 1600 E Camelback Road     | Phoenix       | AZ | 85016 | 33.5093 | -112.0483
fs-office | foodsafety  | 1 | office       | State Food Safety Agency       | 1500 Capitol Avenue       | Sacramento    | CA | 95814 | 38.5741 | -121.4911
`;

export const PLACES: Place[] = TABLE.trim().split('\n').map(toPlace);

type Cells = [string, string, string, string, string, string, string, string, string, string, string];

function toPlace(line: string): Place {
  const [key, owner, reference, kind, name, street, city, state, postalCode, latitude, longitude] = line
    .split('|')
    .map((cell) => cell.trim()) as Cells;
  const organisation = owner as OrganisationSlug;
  return {
    key,
    organisation,
    gln: gln(ORGANISATIONS[organisation].prefix, Number(reference)),
    kind,
    name,
    street,
    city,
    state,
    postalCode,
    latitude: Number(latitude),
    longitude: Number(longitude),
    zone: state === 'AZ' ? 'America/Phoenix' : 'America/Los_Angeles',
  };
}

const BY_KEY = new Map(PLACES.map((place) => [place.key, place]));

/** @throws Error for a key that is not in the table */
export function place(key: string): Place {
  const found = BY_KEY.get(key);
  if (found === undefined) throw new Error(`the table of places has no ${key}`);
  return found;
}

export const STORES: Place[] = PLACES.filter(({ organisation }) => organisation === 'marketfresh');
