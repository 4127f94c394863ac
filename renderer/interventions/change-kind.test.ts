// @vitest-environment node
import { expect, it } from 'vitest';
import type { Intervention } from '../../shared/model/intervention.ts';
import { INTERVENTION_KINDS, interventionKind } from '../../shared/model/intervention-kinds/index.ts';
import { placeKind } from '../../shared/model/place.ts';
import { withKind } from './change-kind.ts';

const model = { heads: 8, kvHeads: 4 };
const rich: Intervention = {
  what: 'mean',
  where: { layer: 2, head: 5 },
  rows: [{ start: 1, end: 3 }],
  parameters: { by: 'class' },
  source: { prompts: [[1], [2]] },
  off: true,
};

it('keeps what the new kind has a use for', () => {
  expect(withKind(rich, 'patch', model)).toEqual({
    what: 'patch',
    where: rich.where,
    rows: rich.rows,
    source: { prompts: [[1]] },
    off: true,
  });
  expect(
    withKind({ ...rich, what: 'drop-keys', keys: [{ start: 0, end: 1 }] }, 'zero-values', model).keys,
  ).toHaveLength(1);
  expect(withKind(rich, 'residual', model).where).toEqual({ layer: 2 });
});

it('gives entries that their kind allows, whatever it was before', () => {
  for (const { id } of INTERVENTION_KINDS) {
    const kind = interventionKind(id);
    const next = withKind({ ...rich, keys: [{ start: 0, end: 1 }] }, id, model);
    expect(kind.places).toContain(placeKind(next.where));
    expect(next.parameters).toBeUndefined();
    if (kind.keys === 'none') expect(next.keys).toBeUndefined();
    if (kind.sources === 'none') expect(next.source).toBeUndefined();
    if (!kind.rows) expect(next.rows).toBeUndefined();
  }
});
