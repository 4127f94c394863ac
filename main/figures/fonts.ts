/** The fonts of figures: they measure what they draw. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { FontFamily, FontWeight, MeasureText } from '../../shared/figure/scene.ts';
import { readFontFile, type FontFile } from './font-file.ts';

export interface Fonts {
  readonly measure: MeasureText;
  font(family: FontFamily, weight: FontWeight): FontFile;
  /** The font files, for who reads fonts by itself. */
  readonly paths: readonly string[];
  /** Characters of a text that the fonts lack: a font of the system must stand in. */
  missing(text: string, family: FontFamily): readonly string[];
}

/** A missing character is measured as a full-width one: most are. */
const MISSING_EM = 1;

const files = new Map<string, Promise<Fonts>>();

/** The fonts in a folder; read once. */
export function openFonts(folder: string): Promise<Fonts> {
  const known = files.get(folder);
  if (known) return known;
  const opened = readFonts(folder);
  files.set(folder, opened);
  // Not remembered where it failed, so that a repaired installation works without a restart.
  opened.catch(() => files.delete(folder));
  return opened;
}

async function readFonts(folder: string): Promise<Fonts> {
  const paths = ['DejaVuSans.ttf', 'DejaVuSans-Bold.ttf', 'DejaVuSansMono.ttf'].map((name) => join(folder, name));
  const read = async (path: string) => readFontFile(await readFile(path));
  const [sans, bold, mono] = (await Promise.all(paths.map(read))) as [FontFile, FontFile, FontFile];
  // Tokens in mono are never bold.
  const font = (family: FontFamily, weight: FontWeight) => (family === 'mono' ? mono : weight === 'bold' ? bold : sans);
  return {
    font,
    paths,
    measure(text, { size, family, weight }) {
      const used = font(family, weight);
      let units = 0;
      for (const letter of text) {
        const codePoint = letter.codePointAt(0)!;
        units += used.has(codePoint) ? used.advance(codePoint) : MISSING_EM * used.unitsPerEm;
      }
      return (units / used.unitsPerEm) * size;
    },
    missing(text, family) {
      const used = font(family, 'normal');
      return [...new Set(text)].filter((letter) => !used.has(letter.codePointAt(0)!));
    },
  };
}
