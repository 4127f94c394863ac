import { inflateSync } from 'node:zlib';

/** A PNG of 8 bits a channel, without interlacing. */
export interface DecodedPng {
  readonly width: number;
  readonly height: number;
  /** [height, width, channels] */
  readonly pixels: Uint8Array;
  readonly channels: number;
  /** Chunks by type, in order. */
  readonly chunks: readonly (readonly [type: string, data: Buffer])[];
}

/** Reads what `pngPieces` writes, by the specification and not by that code. */
export function readPng(file: Uint8Array): DecodedPng {
  const bytes = Buffer.from(file);
  const chunks: [string, Buffer][] = [];
  for (let at = 8; at < bytes.length;) {
    const length = bytes.readUInt32BE(at);
    chunks.push([bytes.toString('latin1', at + 4, at + 8), bytes.subarray(at + 8, at + 8 + length)]);
    at += 12 + length;
  }
  const header = chunks[0]![1];
  const [width, height, channels] = [header.readUInt32BE(0), header.readUInt32BE(4), header[9] === 2 ? 3 : 4];
  const raw = inflateSync(Buffer.concat(chunks.filter(([type]) => type === 'IDAT').map(([, data]) => data)));
  const stride = width * channels;
  const pixels = new Uint8Array(height * stride);
  for (let y = 0; y < height; y++) {
    const filter = raw[y * (stride + 1)]!;
    for (let x = 0; x < stride; x++) {
      const left = x < channels ? 0 : pixels[y * stride + x - channels]!;
      const up = y === 0 ? 0 : pixels[(y - 1) * stride + x]!;
      const predicted = [0, left, up][filter];
      if (predicted === undefined) throw new Error(`Filter ${filter} is not read.`);
      pixels[y * stride + x] = raw[y * (stride + 1) + 1 + x]! + predicted;
    }
  }
  return { width, height, channels, pixels, chunks };
}

export function pixelAt({ pixels, width, channels }: DecodedPng, x: number, y: number): readonly number[] {
  const at = (y * width + x) * channels;
  return [...pixels.subarray(at, at + 3)];
}
