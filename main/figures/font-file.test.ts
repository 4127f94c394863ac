import { renderAsync, Resvg } from '@resvg/resvg-js';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { SceneText } from '../../shared/figure/scene.ts';
import { findApp } from '../files/app-paths.ts';
import { readFontFile } from './font-file.ts';
import { openFonts } from './fonts.ts';
import { textPath } from './glyph-path.ts';

const folder = findApp().fonts;
const text = (letters: string, size = 40): SceneText => ({
  kind: 'text',
  text: letters,
  x: 10,
  y: 60,
  anchor: 'start',
  rotate: 0,
  size,
  family: 'sans',
  weight: 'normal',
  fill: '#000000',
});
/** Without kerning and ligatures, which figures leave out. */
const LETTERS = 'Hag Öß€ 10⁻⁴ × ⟨E2⟩ ⏎⇥…';

describe('a font file', () => {
  it('draws the letters that another reader of the file draws', async () => {
    const fonts = await openFonts(folder);
    const svg = (inner: string) => `<svg xmlns="http://www.w3.org/2000/svg" width="700" height="90">${inner}</svg>`;
    const path = textPath(text(LETTERS), fonts.font('sans', 'normal'), 0, 1, 0);
    const font = { loadSystemFonts: false, fontFiles: [join(folder, 'DejaVuSans.ttf')] };
    const rendered = await Promise.all([
      renderAsync(svg(`<path d="${path}"/>`)),
      renderAsync(
        svg(`<text x="10" y="60" font-size="40" font-family="DejaVu Sans" font-kerning="none">${LETTERS}</text>`),
        { font },
      ),
    ]);
    const [own, other] = rendered.map(({ pixels }) => pixels) as [Buffer, Buffer];
    // Coordinates are rounded to a 64th of a pixel: edges differ by a shade.
    let [ink, difference] = [0, 0];
    for (let at = 3; at < own.length; at += 4) {
      ink += other[at]!;
      difference += Math.abs(own[at]! - other[at]!);
    }
    expect(ink).toBeGreaterThan(255 * 3000);
    expect(difference / ink).toBeLessThan(0.01);
  });

  it('measures what it draws', async () => {
    const fonts = await openFonts(folder);
    const box = new Resvg(
      `<svg xmlns="http://www.w3.org/2000/svg" width="700" height="90"><path d="${textPath(text('HHHHH'), fonts.font('sans', 'normal'), 0, 1, 0)}"/></svg>`,
    ).innerBBox()!;
    // Five advances less the free space beside the first and the last letter.
    const width = fonts.measure('HHHHH', text(''));
    expect(box.width).toBeLessThan(width);
    expect(box.width).toBeGreaterThan(width - 10);
    expect(fonts.measure('HHHHH', text('', 20))).toBeCloseTo(width / 2);
    expect(fonts.measure('iiii', { size: 10, family: 'mono', weight: 'normal' })).toBeCloseTo(
      fonts.measure('WWWW', { size: 10, family: 'mono', weight: 'normal' }),
    );
  });

  it('has every mark that tokens and numbers are written with, and says what it lacks', async () => {
    const fonts = await openFonts(folder);
    for (const family of ['sans', 'mono'] as const) {
      expect(fonts.missing('·⏎⇥⟨⟩…∅−×⁰¹²³⁴⁵⁶⁷⁸⁹⁻≤≥→“”‖Δ–', family)).toEqual([]);
      expect(fonts.missing('a漢字漢', family)).toEqual(['漢', '字']);
    }
  });

  it('says what is missing in a broken one', async () => {
    const bytes = await readFile(join(folder, 'DejaVuSansMono.ttf'));
    const broken = new Uint8Array(bytes);
    const directory = Buffer.from(broken.buffer, 0, 400);
    directory.write('xxxx', directory.indexOf('cmap'), 'latin1');
    expect(() => readFontFile(broken)).toThrow('no table cmap');
  });
});
