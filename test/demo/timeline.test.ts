import { expect, test } from 'vitest';
import { timeline } from '../../api/demo/timeline.ts';

const lanes = [
  { organisation: 'grower.example', name: 'Grower' },
  { organisation: 'packer.example', name: 'Green Packer' },
];

test('the picture shows who held the right when, by the last digit of the term, and when a node was down', () => {
  const picture = timeline({
    terms: [
      { n: 9, holder: 'grower.example', at: 0 },
      { n: 10, holder: 'packer.example', at: 500 },
      { n: 11, holder: 'packer.example', at: 800 },
      { n: 12, holder: 'grower.example', at: 900 },
    ],
    lanes,
    from: 100,
    to: 1_100,
    down: { organisation: 'grower.example', from: 300, to: 700 },
    width: 10,
  });
  expect(picture).toEqual(['Grower        99xxxx..22', 'Green Packer  ....0001..']);
});

test('nobody holds it before the first term', () => {
  const down = { organisation: 'grower.example', from: 0, to: 0 };
  const terms = [{ n: 2, holder: 'grower.example', at: 50 }];
  expect(timeline({ terms, lanes, from: 0, to: 100, down, width: 4 })[0]).toBe('Grower        ..22');
});
