/** Text with, for each of its UTF-16 code units, the range of the original text that it came from. */
export interface AlignedText {
  readonly text: string;
  /** Length of `text`, both rising. An inserted unit has start = end. */
  readonly starts: Int32Array;
  readonly ends: Int32Array;
}

/** A piece of original text, unchanged. A surrogate pair maps as one character. */
export function alignIdentity(text: string, offset: number): AlignedText {
  const starts = new Int32Array(text.length);
  const ends = new Int32Array(text.length);
  for (let i = 0; i < text.length; i++) {
    starts[i] = offset + i;
    ends[i] = offset + i + 1;
    if (i > 0 && isPair(text, i - 1)) {
      starts[i] = offset + i - 1;
      ends[i - 1] = offset + i + 1;
    }
  }
  return { text, starts, ends };
}

function isPair(text: string, at: number): boolean {
  return (text.charCodeAt(at) & 0xfc00) === 0xd800 && (text.charCodeAt(at + 1) & 0xfc00) === 0xdc00;
}

/** Builds a text from pieces of another one. */
export class AlignedBuilder {
  readonly #source: AlignedText;
  readonly #parts: string[] = [];
  readonly #starts: number[] = [];
  readonly #ends: number[] = [];

  constructor(source: AlignedText) {
    this.#source = source;
  }

  /** Takes over [from, to) of the source as it is. */
  keep(from: number, to: number): void {
    this.#parts.push(this.#source.text.slice(from, to));
    for (let i = from; i < to; i++) {
      this.#starts.push(this.#source.starts[i]!);
      this.#ends.push(this.#source.ends[i]!);
    }
  }

  /** Puts `text` for [from, to) of the source; every unit of it stands for the whole range. */
  replace(text: string, from: number, to: number): void {
    this.#parts.push(text);
    const start = from < to ? this.#source.starts[from]! : this.#positionOf(from);
    const end = from < to ? this.#source.ends[to - 1]! : start;
    for (let i = 0; i < text.length; i++) {
      this.#starts.push(start);
      this.#ends.push(end);
    }
  }

  build(): AlignedText {
    return { text: this.#parts.join(''), starts: Int32Array.from(this.#starts), ends: Int32Array.from(this.#ends) };
  }

  #positionOf(at: number): number {
    return this.#source.starts[at] ?? this.#source.ends.at(-1) ?? 0;
  }
}
