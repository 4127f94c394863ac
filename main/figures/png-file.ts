/** Writes PNG files of any size, a few rows at a time. The same rows give the same bytes. */
import { pipeline } from 'node:stream/promises';
import { createDeflate, crc32 } from 'node:zlib';

export interface PngInfo {
  readonly width: number;
  readonly height: number;
  readonly channels: 3 | 4;
  readonly pixelsPerInch: number;
  /** Keyword and text, Latin letters in the keyword. */
  readonly texts: readonly (readonly [keyword: string, text: string])[];
}

const SIGNATURE = Uint8Array.of(137, 80, 78, 71, 13, 10, 26, 10);
const INCHES_PER_METRE = 1 / 0.0254;
const IDAT_BYTES = 2 ** 18;

/**
 * The pieces of a file. `rows`: pixels from top to bottom, whole rows, [rows, width, channels], in pieces as they come.
 * Throws where their number is not that of the header: a bug of the caller.
 */
export async function* pngPieces(info: PngInfo, rows: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield SIGNATURE;
  yield chunk('IHDR', header(info));
  yield chunk('pHYs', density(info.pixelsPerInch));
  for (const [keyword, text] of info.texts) yield chunk('iTXt', internationalText(keyword, text));
  let pending: Uint8Array[] = [];
  let pendingBytes = 0;
  for await (const piece of deflate(filtered(info, rows))) {
    pending.push(piece);
    pendingBytes += piece.length;
    if (pendingBytes < IDAT_BYTES) continue;
    yield chunk('IDAT', Buffer.concat(pending));
    [pending, pendingBytes] = [[], 0];
  }
  if (pendingBytes > 0) yield chunk('IDAT', Buffer.concat(pending));
  yield chunk('IEND', new Uint8Array(0));
}

/** A whole file in memory. */
export async function encodePng(info: PngInfo, rows: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  for await (const piece of pngPieces(info, rows)) pieces.push(piece);
  return Buffer.concat(pieces);
}

function header({ width, height, channels }: PngInfo): Uint8Array {
  const bytes = Buffer.alloc(13);
  bytes.writeUInt32BE(width, 0);
  bytes.writeUInt32BE(height, 4);
  bytes[8] = 8;
  bytes[9] = channels === 3 ? 2 : 6;
  return bytes;
}

function density(pixelsPerInch: number): Uint8Array {
  const bytes = Buffer.alloc(9);
  const perMetre = Math.round(pixelsPerInch * INCHES_PER_METRE);
  bytes.writeUInt32BE(perMetre, 0);
  bytes.writeUInt32BE(perMetre, 4);
  bytes[8] = 1;
  return bytes;
}

/** Uncompressed, without language and translated keyword. */
function internationalText(keyword: string, text: string): Uint8Array {
  return Buffer.concat([Buffer.from(keyword, 'latin1'), Buffer.alloc(5), Buffer.from(text, 'utf8')]);
}

function chunk(type: string, data: Uint8Array): Uint8Array {
  const bytes = Buffer.alloc(12 + data.length);
  bytes.writeUInt32BE(data.length, 0);
  bytes.write(type, 4, 'latin1');
  bytes.set(data, 8);
  bytes.writeUInt32BE(crc32(bytes.subarray(4, 8 + data.length)), 8 + data.length);
  return bytes;
}

/**
 * Rows as PNG filters them. A row that repeats the one above, as all but the first of a large cell do, becomes zeros;
 * others are differences to the left, which suits flat colours.
 */
async function* filtered({ width, height, channels }: PngInfo, rows: AsyncIterable<Uint8Array>) {
  const stride = width * channels;
  let above: Uint8Array = Buffer.alloc(stride);
  let count = 0;
  for await (const piece of rows) {
    if (piece.length % stride !== 0) throw new Error(`${piece.length} bytes are no whole rows of ${stride}.`);
    const out = Buffer.alloc((piece.length / stride) * (stride + 1));
    for (let start = 0, to = 0; start < piece.length; start += stride, to += stride + 1) {
      const row = Buffer.from(piece.buffer, piece.byteOffset + start, stride);
      if (count > 0 && row.equals(above)) {
        out[to] = 2;
      } else {
        out[to] = 1;
        for (let at = 0; at < stride; at++) {
          out[to + 1 + at] = row[at]! - (at < channels ? 0 : row[at - channels]!);
        }
      }
      above = row;
      count++;
    }
    // The producer may reuse its memory.
    above = Buffer.from(above);
    yield out;
  }
  if (count !== height) throw new Error(`A picture of ${height} rows was given ${count}.`);
}

async function* deflate(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const stream = createDeflate({ level: 6 });
  // Its failure also ends the stream, and is thrown there.
  const fed = pipeline(pieces, stream).catch(() => undefined);
  try {
    for await (const piece of stream) yield piece as Uint8Array;
  } finally {
    stream.destroy();
    await fed;
  }
}
