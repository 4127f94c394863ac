/** Effects too small for three decimals are not printed as none. */
import { describe, expect, it } from 'vitest';
import type { RunComparison } from '../../shared/model/run.ts';
import type { FigureSource } from '../../shared/figure/source.ts';
import { fakeSource } from '../../shared/figure/testing/fake-source.ts';
import { renderBytes } from './testing/render.ts';

const TOKENS = 12;
const source = fakeSource({ tokens: TOKENS, layers: 1, heads: 2, kvHeads: 1 });

function withEffect(effect: Partial<RunComparison>): FigureSource {
  const ask = async (method: string, params: never) => {
    const answer = await source.ask(method as 'run.compare', params);
    return method === 'run.compare' ? { ...answer, ...effect } : answer;
  };
  return { ...source, ask: ask as FigureSource['ask'] };
}

const svgOf = async (view: string, of: FigureSource, more: object = {}) =>
  (await renderBytes({ view, widthMm: 400, ...more }, 'svg', of)).bytes.toString('utf8');

const small = withEffect({
  kl: 2.4e-5,
  klPerToken: new Float32Array(TOKENS).fill(3e-6),
  nllDelta: new Float32Array(TOKENS).fill(-4e-5),
});

describe('a small effect', () => {
  it('has its digits in words', async () => {
    const svg = await svgOf('effect', small);
    expect(svg).toContain('2.4e−5 nats at the last position, 3.0e−6 nats in the mean');
    expect(svg).toContain('changes by −4.0e−5 nats');
    expect(await svgOf('next', small)).toContain('KL(clean ‖ ablated) 2.4e−5 nats');
  });

  it('has ticks that differ, at the numbers that they say', async () => {
    const svg = await svgOf('effect', small);
    const ticks = [...svg.matchAll(/text-anchor="end"[^>]*>([+−]?[\d.]+)<\/text>/g)].map(([, text]) => text);
    expect(ticks.slice(0, 3)).toEqual(['+0.01', '0.00', '−0.01']);
  });

  it('has three decimals at the ends of the strip’s legend', async () => {
    const svg = await svgOf('strip', withEffect({ nllDelta: new Float32Array(TOKENS).fill(0.0542) }), {
      colour: 'change',
    });
    expect(svg).toContain('+0.054 less likely');
  });
});
