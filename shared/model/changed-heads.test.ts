import { expect, it } from 'vitest';
import { changedHeads } from './changed-heads.ts';
import { formatHead } from './head-id.ts';
import { parseInterventions } from './intervention-text.ts';

it('names heads once, and none for entries that are off or lack the prompt they take from', () => {
  const list = parseInterventions('L1KV1=scale:0.5, L1H3=zero, off L0H0=zero, L0H1=patch, L2H0=patch:z<-1 2 3');
  const heads = changedHeads(list, { heads: 4, kvHeads: 2 });
  expect(heads.map(formatHead)).toEqual(['L1H2', 'L1H3', 'L2H0']);
});
