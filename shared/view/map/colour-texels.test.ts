import { describe, expect, it } from 'vitest';
import { colourSteps, type ColourScale } from './colour-steps.ts';
import { colourTexels } from './colour-texels.ts';
import { lutWords } from './map-colours.ts';

const words = lutWords('viridis');
const scale: ColourScale = { kind: 'log', lo: 1e-4, hi: 1, gamma: 1, signed: false };

function colourOf(value: number): number {
  const into = new Uint32Array(1);
  colourTexels(new Float32Array([value]), colourSteps(scale), words, into);
  return into[0]!;
}

describe('texels in colours', () => {
  it('leave masked ones transparent, unlike zero', () => {
    expect(colourOf(NaN)).toBe(0);
    expect(colourOf(0)).toBe(words[0]);
    expect(colourOf(1)).toBe(words[255]);
  });
});
