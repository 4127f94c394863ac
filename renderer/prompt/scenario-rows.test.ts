// @vitest-environment node
import { expect, it } from 'vitest';
import type { RunComparison } from '../../shared/model/run.ts';
import { scenarioRows } from './scenario-rows.ts';

const P = { clean: { x: 0.6, y: 0.3, z: 0.1 }, a: { x: 0.1, y: 0.7, z: 0.2 }, b: { x: 0.1, y: 0.1, z: 0.8 } };
type Run = keyof typeof P;
type Token = keyof (typeof P)['clean'];
const TOP: Record<Run, Token> = { clean: 'x', a: 'y', b: 'z' };
const IDS: Record<Token, number> = { x: 1, y: 2, z: 3 };

/** As the engine compares them, with one token in each top list. */
function compare(from: Run, to: Run): RunComparison {
  const choice = (token: Token) => ({ id: IDS[token], display: token, clean: P[from][token], changed: P[to][token] });
  const none = new Float32Array(1);
  return { kl: 0, klPerToken: none, nllDelta: none, before: [choice(TOP[from])], after: [choice(TOP[to])] };
}

it('knows every probability of every token that is on top somewhere', () => {
  const rows = scenarioRows(compare('clean', 'a'), compare('clean', 'b'), compare('a', 'b'));
  expect(rows).toEqual([
    { id: 3, display: 'z', clean: 0.1, a: 0.2, b: 0.8 },
    { id: 2, display: 'y', clean: 0.3, a: 0.7, b: 0.1 },
    { id: 1, display: 'x', clean: 0.6, a: 0.1, b: 0.1 },
  ]);
});
