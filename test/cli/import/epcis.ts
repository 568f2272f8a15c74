export function idOf(number: number): string {
  return `urn:uuid:00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;
}

/** An event that is valid, and different for each number. */
export function eventOf(number: number, more: object = {}): object {
  return {
    type: 'ObjectEvent',
    eventID: idOf(number),
    eventTime: '2026-06-01T10:00:00.000Z',
    eventTimeZoneOffset: '+00:00',
    action: 'OBSERVE',
    bizStep: 'shipping',
    quantityList: [{ epcClass: `urn:epc:class:lgtin:9521101.000123.L${number}`, quantity: 12.5, uom: 'KGM' }],
    ...more,
  };
}

export function epcisOf(eventList: readonly object[]): string {
  return JSON.stringify({
    '@context': 'https://ref.gs1.org/standards/epcis/epcis-context.jsonld',
    type: 'EPCISDocument',
    schemaVersion: '2.0',
    creationDate: '2026-06-02T00:00:00Z',
    epcisBody: { eventList },
  });
}
