import { expect, it } from 'vitest';
import { lutOf } from '../colour/lut.ts';
import type { Scene } from './scene.ts';
import { escapeXml, sceneToSvg, short } from './svg.ts';

it('writes numbers short, and never as minus nothing', () => {
  expect([1, 0.1 + 0.2, -0.0001, 1 / 3, 12345.6789].map(short)).toEqual(['1', '0.3', '0', '0.333', '12345.679']);
});

it('escapes what XML has no way to write', () => {
  expect(escapeXml('<a & "b">')).toBe('&lt;a &amp; &quot;b&quot;&gt;');
  expect(escapeXml('\u0000x\u001by\uD800z\uFFFE')).toBe('\uFFFDx\uFFFDy\uFFFDz\uFFFD');
  expect(escapeXml('⏎ 漢 😀\n')).toBe('⏎ 漢 😀\n');
});

it('has shapes as shapes, text as text, and pictures within', async () => {
  const scene: Scene = {
    width: 72,
    height: 36,
    background: '#ffffff',
    title: 'A & B',
    description: '',
    rasters: [
      {
        x: 1,
        y: 2,
        width: 3,
        height: 4,
        source: { rows: 1, columns: 1, read: () => Promise.resolve(new Uint8Array(4)) },
      },
    ],
    ramps: [{ x: 10, y: 2, width: 3, height: 4, lut: lutOf('viridis'), towards: 'up' }],
    nodes: [
      {
        kind: 'group',
        name: 'axis',
        nodes: [
          { kind: 'line', x1: 0, y1: 1, x2: 2, y2: 1, stroke: '#000000', width: 0.5 },
          {
            kind: 'text',
            text: 'L5H1',
            x: 4,
            y: 5,
            anchor: 'end',
            rotate: -90,
            fill: '#111111',
            size: 7,
            family: 'sans',
            weight: 'bold',
          },
        ],
      },
    ],
  };
  const svg = await sceneToSvg(scene, { metadata: '{"a":1}', encodePng: () => Promise.resolve('AAAA') });
  expect(svg).toContain('width="25.4mm" height="12.7mm" viewBox="0 0 72 36"');
  expect(svg).toContain('<title id="title">A &amp; B</title>');
  expect(svg).toContain('<metadata>{&quot;a&quot;:1}</metadata>');
  expect(svg).toMatch(/<image x="1" [^>]*href="data:image\/png;base64,AAAA"\/>/);
  expect(svg).toMatch(/<g class="axis">\n<line x1="0" y1="1" x2="2" y2="1" stroke="#000000" stroke-width="0.5"\/>/);
  expect(svg).toMatch(/<text transform="translate\(4 5\) rotate\(-90\)"[^>]*text-anchor="end"[^>]*>L5H1<\/text>/);
  expect(svg).toContain('fill="url(#ramp-0)"');
});
