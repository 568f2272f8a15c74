/** Own fields of the demo; every organisation declares it under a prefix of its own. */
export const NAMESPACE = 'https://lotbook.example/ns/';
