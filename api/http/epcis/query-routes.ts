import type { Request, Response } from 'express';
import { found } from '../../delivery/reading.ts';
import { epcisQueryDocument, toEpcis } from '../../events/to-epcis.ts';
import { callerFrom } from '../access.ts';
import { bookOf, parametersOf, sendJson, type EpcisServices } from './exchange.ts';
import { parseEventQuery } from './parameters.ts';

const CONTEXT = 'https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld';
const EVENT_TYPES = [
  'ObjectEvent',
  'AggregationEvent',
  'TransactionEvent',
  'TransformationEvent',
  'AssociationEvent',
];

type QueryServices = Pick<EpcisServices, 'reading' | 'clock'>;

/** The events that a query finds, as far as the caller may see them; below a type, those of the type. */
export async function getEvents(
  { reading, clock }: QueryServices,
  req: Request,
  res: Response,
): Promise<void> {
  const caller = callerFrom(res);
  const parameters = parametersOf(req);
  const query = new URLSearchParams(parameters);
  const type = req.params['type'];
  if (type !== undefined)
    query.append('eventType', found(EVENT_TYPES.find((each) => each === type) ?? null, 'event type'));
  const { search, order, descending, perPage, nextPageToken, book } = parseEventQuery(query);
  const page = await reading.search({
    caller,
    book: await bookOf(reading, caller, book),
    search,
    order,
    descending,
    first: perPage,
    after: nextPageToken,
  });
  if (page.hasNextPage && page.endCursor !== null) {
    parameters.set('nextPageToken', page.endCursor);
    res.set('Link', `<${req.baseUrl}${req.path}?${parameters.toString()}>; rel="next"`);
  }
  const events = page.items.map(({ node }) => node.fields);
  sendJson(req, res, epcisQueryDocument(events, new Date(clock()).toISOString()));
}

/** One event by its eventID, or by the event hash that stands for it. */
export async function getEvent({ reading }: QueryServices, req: Request, res: Response): Promise<void> {
  const caller = callerFrom(res);
  const book = await bookOf(reading, caller, parametersOf(req).get('book'));
  const record = await reading.record({ caller, book, id: String(req.params['id']) });
  const event = found(record?.kind === 'EVENT' ? record : null, 'event');
  sendJson(req, res, toEpcis(event.fields));
}

export function getEventTypes(res: Response): void {
  res.json({ '@context': [CONTEXT], '@set': EVENT_TYPES });
}
