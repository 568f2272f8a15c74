import type { JsonValue } from '../identity/strict-json.ts';
import { readChanges, readRecord } from './requests.ts';
import type { DemoNodes } from './nodes.ts';
import { countOf, type Screen } from './screen.ts';
import type { SeasonData } from './season/season.ts';
import { CONFIDENTIAL, finding, type Finding } from './verify.ts';
import { allRecords, booksOf, localName, type SeenRecord, type Sight } from './views.ts';

const NAMES_SHOWN = 4;
const MASTER_DATA = new Set(['PRODUCT', 'LOCATION', 'PARTY']);

/** The table of who sees what, by the owners' word. */
export function tellSights(screen: Screen, sights: readonly Sight[]): void {
  const rows = sights.filter(({ shown }) => shown.some(({ kind }) => !MASTER_DATA.has(kind)));
  screen.table(
    ['BOOK', 'PARTNER', 'RECORDS', 'THEIR FIELDS', 'WITHHELD OF THESE'],
    rows.map(({ owner, book, partner, shown, total }, index) => {
      const fields = shown.reduce((sum, record) => sum + Object.keys(record.fields).length, 0);
      const withheld = shown.reduce((sum, record) => sum + record.withheld.length, 0);
      return [
        rows[index - 1]?.book === book ? '' : `${owner.short}: ${book.split('/')[1] ?? ''}`,
        partner.short,
        `${shown.length} of ${total}`,
        `${fields} of ${fields + withheld}`,
        namesOf(shown).join(', '),
      ];
    }),
    72,
  );
  const others = sights.length - rows.length;
  screen.say();
  screen.say(
    `The other ${others} pairs of a book and a partner see names and addresses only: products, places, organisations.`,
  );
}

/** Last parts of the names of withheld fields: first those that are nobody's business, then those that occur most. */
function namesOf(shown: readonly SeenRecord[]): string[] {
  const counts = new Map<string, number>();
  for (const field of shown.flatMap(({ withheld }) => withheld)) {
    const name = localName(field).split('.').at(-1) ?? field;
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  const rank = (name: string): number => (CONFIDENTIAL.includes(name) ? 1 : 0);
  const names = [...counts]
    .sort(([one, few], [other, many]) => rank(other) - rank(one) || many - few)
    .map(([name]) => name);
  const more = names.length > NAMES_SHOWN ? ['...'] : [];
  return [...names.slice(0, NAMES_SHOWN), ...more];
}

/** One record, as its owner and as a partner sees it. */
export async function tellSideBySide(
  screen: Screen,
  nodes: DemoNodes,
  { story }: SeasonData,
): Promise<Finding> {
  const [owner, partner] = [nodes.of('freshpack.example'), nodes.of('coldchain.example')];
  const book = `${owner.organisation}/plant`;
  const [lot = ''] = story.affectedLots;
  const filter = {
    kinds: ['EVENT'],
    identifiers: [lot],
    fields: [{ name: 'type', anyOf: ['TransformationEvent'] }],
  };
  const [full] = await allRecords(owner, book, { filter });
  const seen = full && (await readRecord(owner, book, full.id, partner.organisation));
  if (!full || !seen) return finding('a record can be shown side by side', ['the record is not there']);
  screen.say(
    `${owner.season.name} mixed the lot ${lot.split('/').at(-1) ?? lot}. The event, as its own people see it, and with ` +
      `the eyes of ${partner.season.name} (viewAs): which lots went in, but not how much of each, and no cost.`,
  );
  screen.say();
  screen.table(
    ['FIELD', owner.short.toUpperCase(), partner.short.toUpperCase()],
    Object.keys(full.fields).map((name) => [
      localName(name),
      textOf(full.fields[name]),
      name in seen.fields ? textOf(seen.fields[name]) : '-',
    ]),
    38,
  );
  const hidden = ['batchCost', 'inputQuantityList[].quantity'];
  const open = new Set(Object.keys(seen.fields).map(localName));
  const withheld = new Set(seen.withheld.map(localName));
  return finding(
    'the recipe is shown to the cold store without masses and costs',
    hidden.filter((name) => open.has(name) || !withheld.has(name)),
  );
}

function textOf(value: JsonValue | undefined): string {
  if (Array.isArray(value)) {
    const each = value.map((member) => textOf(member));
    return each.length > 1 ? `${each.length}: ${each.join(' ')}` : each.join();
  }
  if (typeof value !== 'string') return JSON.stringify(value) ?? '';
  // Of a long identifier the end says more than the beginning.
  return value.startsWith('http') && value.length > 30 ? `...${value.slice(-27)}` : value;
}

/** How a mistake is corrected: nothing is erased, and every partner gets the declaration. */
export async function tellCorrection(screen: Screen, nodes: DemoNodes): Promise<Finding> {
  const [owner, partner] = [nodes.of('greenvalley.example'), nodes.of('freshpack.example')];
  const [{ book } = { book: '' }] = booksOf([owner]);
  const declared = (await allRecords(owner, book)).find(({ fields }) => 'errorDeclaration.reason' in fields);
  if (!declared) return finding('an error was declared', ['no event has an error declaration']);
  const changes = await readChanges(owner, book, declared.id);
  const [correctiveId] = (declared.fields['errorDeclaration.correctiveEventIDs'] ?? []) as string[];
  const corrective = correctiveId ? await readRecord(owner, book, correctiveId) : null;
  const quantity = (fields: Record<string, JsonValue> | undefined): string =>
    `${textOf(fields?.['quantityList[].quantity'])} kg`;
  screen.say(
    `${owner.season.name} recorded a harvest with the decimal point in the wrong place. The event stays, and its next ` +
      'version declares the error and names the event that is right.',
  );
  screen.say();
  screen.table(
    ['VERSION', 'EVENT', 'QUANTITY', 'SAYS'],
    [
      ...changes.map(({ version, fields }) => [
        String(version),
        declared.id.slice(-12),
        quantity(fields),
        'errorDeclaration.reason' in fields
          ? `declared wrong: ${textOf(fields['errorDeclaration.reason']).split(':').at(-1) ?? ''}`
          : 'harvested',
      ]),
      [
        String(corrective?.version ?? ''),
        (correctiveId ?? '').slice(-12),
        quantity(corrective?.fields),
        'corrected',
      ],
    ],
  );
  const copy = await readRecord(partner, book, declared.id);
  screen.say();
  screen.say(
    `${partner.season.name} holds version ${copy?.version ?? 0} of it, with the declaration; all ` +
      `${countOf(changes.length, 'version')} stay in the log, signed and chained.`,
  );
  return finding('an error declaration replaces an event, at the partners too', [
    ...(changes.length === 2 ? [] : [`the event has ${changes.length} versions`]),
    ...(copy?.fields['errorDeclaration.reason'] === undefined ? ['the partner has no declaration'] : []),
  ]);
}
