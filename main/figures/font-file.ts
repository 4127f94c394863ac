/**
 * A TrueType font: advances and outlines of its glyphs, by the OpenType specification.
 *
 * Figures take both from the same file, so that what is measured is what is drawn, on every machine. Kerning and
 * ligatures are left out. Only for the fonts that come with the app: the file is trusted.
 */

/** One contour: on-curve and control points of quadratic curves, closed. Font units, y upward. */
export type Contour = readonly OutlinePoint[];

export interface OutlinePoint {
  readonly x: number;
  readonly y: number;
  readonly onCurve: boolean;
}

export interface FontFile {
  readonly unitsPerEm: number;
  /** Whether the font has the character. */
  has(codePoint: number): boolean;
  /** Of the character, or of the box that stands for a missing one. Font units. */
  advance(codePoint: number): number;
  outline(codePoint: number): readonly Contour[];
}

const COMPOUND = { argsAreWords: 1, argsAreOffsets: 2, scale: 8, more: 32, twoScales: 64, matrix: 128 };

export function readFontFile(bytes: Uint8Array): FontFile {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const tables = new Map<string, number>();
  for (let index = 0; index < view.getUint16(4); index++) {
    const entry = 12 + index * 16;
    tables.set(String.fromCharCode(...bytes.subarray(entry, entry + 4)), view.getUint32(entry + 8));
  }
  const table = (name: string): number => {
    const offset = tables.get(name);
    if (offset === undefined) throw new Error(`The font has no table ${name}.`);
    return offset;
  };
  const [head, hhea, hmtx, loca, glyf] = [table('head'), table('hhea'), table('hmtx'), table('loca'), table('glyf')];
  const unitsPerEm = view.getUint16(head + 18);
  const longOffsets = view.getInt16(head + 50) === 1;
  const advances = view.getUint16(hhea + 34);
  const glyphs = readCharacterMap(view, table('cmap'));

  const glyphStart = (glyph: number): number =>
    glyf + (longOffsets ? view.getUint32(loca + glyph * 4) : view.getUint16(loca + glyph * 2) * 2);

  function contoursOf(glyph: number): Contour[] {
    const start = glyphStart(glyph);
    if (glyphStart(glyph + 1) === start) return [];
    return view.getInt16(start) >= 0 ? simpleContours(view, start) : compoundContours(start);
  }

  function compoundContours(start: number): Contour[] {
    const contours: Contour[] = [];
    let at = start + 10;
    for (let flags = COMPOUND.more; (flags & COMPOUND.more) !== 0;) {
      flags = view.getUint16(at);
      const part = view.getUint16(at + 2);
      at += 4;
      const words = (flags & COMPOUND.argsAreWords) !== 0;
      const [dx, dy] = words ? [view.getInt16(at), view.getInt16(at + 2)] : [view.getInt8(at), view.getInt8(at + 1)];
      at += words ? 4 : 2;
      if ((flags & COMPOUND.argsAreOffsets) === 0)
        throw new Error('Glyph parts that are placed by points are not read.');
      const fixed = (): number => view.getInt16((at += 2) - 2) / 16384;
      let [a, b, c, d] = [1, 0, 0, 1];
      if ((flags & COMPOUND.scale) !== 0) a = d = fixed();
      else if ((flags & COMPOUND.twoScales) !== 0) [a, d] = [fixed(), fixed()];
      else if ((flags & COMPOUND.matrix) !== 0) [a, b, c, d] = [fixed(), fixed(), fixed(), fixed()];
      for (const contour of contoursOf(part)) {
        contours.push(contour.map(({ x, y, onCurve }) => ({ x: a * x + c * y + dx, y: b * x + d * y + dy, onCurve })));
      }
    }
    return contours;
  }

  const outlines = new Map<number, readonly Contour[]>();
  return {
    unitsPerEm,
    has: (codePoint) => glyphs.has(codePoint),
    advance: (codePoint) => view.getUint16(hmtx + Math.min(glyphs.get(codePoint) ?? 0, advances - 1) * 4),
    outline(codePoint) {
      const glyph = glyphs.get(codePoint) ?? 0;
      const known = outlines.get(glyph);
      if (known) return known;
      const contours = contoursOf(glyph);
      outlines.set(glyph, contours);
      return contours;
    },
  };
}

/** Glyph of each character, from the map that covers all of Unicode (format 12), else its first plane (format 4). */
function readCharacterMap(view: DataView, cmap: number): ReadonlyMap<number, number> {
  const glyphs = new Map<number, number>();
  const subtables = Array.from(
    { length: view.getUint16(cmap + 2) },
    (_, index) => cmap + view.getUint32(cmap + 4 + index * 8 + 4),
  );
  const full = subtables.find((at) => view.getUint16(at) === 12);
  if (full !== undefined) {
    for (let group = 0; group < view.getUint32(full + 12); group++) {
      const at = full + 16 + group * 12;
      const [start, end, glyph] = [view.getUint32(at), view.getUint32(at + 4), view.getUint32(at + 8)];
      for (let codePoint = start; codePoint <= end; codePoint++) glyphs.set(codePoint, glyph + codePoint - start);
    }
    return glyphs;
  }
  const first = subtables.find((at) => view.getUint16(at) === 4);
  if (first === undefined) throw new Error('The font has no character map of format 4 or 12.');
  const segments = view.getUint16(first + 6) / 2;
  for (let segment = 0; segment < segments; segment++) {
    const endAt = first + 14 + segment * 2;
    const startAt = endAt + segments * 2 + 2;
    const [end, start] = [view.getUint16(endAt), view.getUint16(startAt)];
    const delta = view.getUint16(startAt + segments * 2);
    const rangeAt = startAt + segments * 4;
    const range = view.getUint16(rangeAt);
    for (let codePoint = start; codePoint <= end && codePoint < 0xffff; codePoint++) {
      const listed = range === 0 ? codePoint : view.getUint16(rangeAt + range + (codePoint - start) * 2);
      const glyph = range !== 0 && listed === 0 ? 0 : (listed + delta) & 0xffff;
      if (glyph !== 0) glyphs.set(codePoint, glyph);
    }
  }
  return glyphs;
}

function simpleContours(view: DataView, start: number): Contour[] {
  const count = view.getInt16(start);
  const ends = Array.from({ length: count }, (_, index) => view.getUint16(start + 10 + index * 2));
  const points = (ends.at(-1) ?? -1) + 1;
  let at = start + 10 + count * 2;
  at += 2 + view.getUint16(at);
  const flags: number[] = [];
  while (flags.length < points) {
    const flag = view.getUint8(at++);
    flags.push(flag);
    if ((flag & 8) === 0) continue;
    for (let repeats = view.getUint8(at++); repeats > 0; repeats--) flags.push(flag);
  }
  /** Coordinates are steps: of one byte with its sign in `same`, of two bytes, or none. */
  const along = (short: number, same: number): number[] => {
    let value = 0;
    return flags.map((flag) => {
      if ((flag & short) !== 0) value += (flag & same) !== 0 ? view.getUint8(at++) : -view.getUint8(at++);
      else if ((flag & same) === 0) value += view.getInt16((at += 2) - 2);
      return value;
    });
  };
  const xs = along(2, 16);
  const ys = along(4, 32);
  return ends.map((end, index) => {
    const first = index === 0 ? 0 : ends[index - 1]! + 1;
    return Array.from({ length: end - first + 1 }, (_, offset) => {
      const point = first + offset;
      return { x: xs[point]!, y: ys[point]!, onCurve: (flags[point]! & 1) !== 0 };
    });
  });
}
