/** Turns generated tokens into text as they come; a character whose bytes are not all there yet is held back. */
export class TextStream {
  readonly #decoder = new TextDecoder('utf-8');
  #text = '';

  /** Everything that is complete so far. */
  get text(): string {
    return this.#text;
  }

  add(bytes: Uint8Array): void {
    this.#text += this.#decoder.decode(bytes, { stream: true });
  }

  /** Bytes that never became a character come out as U+FFFD. */
  end(): void {
    this.#text += this.#decoder.decode();
  }
}
