import type { Tokenizer } from '@huggingface/tokenizers';
import { AppError } from '../../shared/base/app-error.ts';
import type { Encoded } from './model-tokenizer.ts';
import type { AlignedText } from './aligned-text.ts';
import { alignTokens } from './align-tokens.ts';
import { normalizeAligned } from './normalize-aligned.ts';
import { createSplitter } from './split-added.ts';
import {
  bytesOfToken,
  describeAdded,
  describeBareId,
  describeToken,
  METASPACE,
  type Notation,
  type TokenDescription,
} from './vocabulary.ts';

/**
 * A tokenizer.json at work: ids by the library, what they mean and where they came from by us.
 *
 * Time is linear in the text for byte-level and word-wise vocabularies. It grows as n log n within one piece that the
 * pre-tokenizer does not cut, see `cutAtWords`. About 1.5 s a megabyte, in one go: the caller bounds the text.
 *
 * One known difference to the original tokenizers: a byte order mark (U+FEFF) beside an added token that swallows
 * blanks is swallowed too.
 */
export class HuggingFaceTokenizer {
  readonly #library: Tokenizer;
  readonly #notation: Notation;
  readonly #descriptions = new Map<number, TokenDescription>();
  readonly #surfaces = new Map<number, Uint8Array | null>();
  readonly #added: ReturnType<Tokenizer['get_added_tokens_decoder']>;
  readonly #split: ReturnType<typeof createSplitter>;

  /** @param library built from the same `json`, the content of tokenizer.json */
  constructor(library: Tokenizer, json: Readonly<Record<string, unknown>>) {
    this.#library = library;
    this.#notation = notationOf(json);
    this.#added = library.get_added_tokens_decoder();
    const raw = [...this.#added.values()].filter((token) => !token.normalized || library.normalizer === null);
    this.#split = createSplitter(raw);
  }

  idOf(token: string): number | undefined {
    return this.#library.token_to_id(token);
  }

  describe(id: number): TokenDescription {
    let known = this.#descriptions.get(id);
    if (!known) {
      const added = this.#added.get(id);
      const token = this.#library.id_to_token(id);
      if (added) known = describeAdded(added.content, added.special);
      else if (token === undefined) known = describeBareId(id);
      else known = describeToken(token, this.#notation);
      this.#descriptions.set(id, known);
    }
    return known;
  }

  /** UTF-8 of what an id adds to a text; empty for special tokens and unknown ids. */
  bytes(id: number): Uint8Array {
    if (this.#added.get(id)?.special === true || this.#library.id_to_token(id) === undefined) return new Uint8Array(0);
    return this.#surface(id) ?? new Uint8Array(0);
  }

  /**
   * @param bos id that is put in front, or null
   * @returns tokens with ranges in `text`. A lone surrogate is encoded as U+FFFD, in its place.
   * @throws AppError `tokenizer-invalid` where a piece of the text has no token, `bad-request` for a text with thousands
   *   of combining marks on one character
   */
  encode(text: string, bos: number | null): Encoded {
    refuseMarks(text);
    const wellFormed = text.replaceAll(/\p{Surrogate}/gu, '\ufffd');
    const ids = this.#encodeIds(wellFormed);
    const document = this.#split(wellFormed).map((section) =>
      section.added ? section.text : this.#readable(normalizeAligned(this.#library.normalizer, section.text)),
    );
    const surfaces = ids.map((id) => this.#surface(id));
    const spans = alignTokens(document, surfaces, text.length);
    const tokens = ids.map((id, i) => ({ id, ...this.describe(id), ...spans[i]! }));
    if (bos !== null) tokens.unshift({ id: bos, ...this.describe(bos), start: -1, end: -1 });
    return { ids: Int32Array.from(tokens, ({ id }) => id), tokens };
  }

  /** The ids that the tokenizer's own post-processor puts around a text, without the text's. */
  prefixIds(): readonly number[] {
    const bare = this.#library.encode('a', { add_special_tokens: false }).ids;
    const whole = this.#library.encode('a').ids;
    const start = whole.findIndex((id) => id === bare[0]);
    return whole.slice(0, Math.max(0, start));
  }

  #encodeIds(text: string): number[] {
    if (text === '') return [];
    const { ids, tokens } = this.#library.encode(text, { add_special_tokens: false });
    const unknown = ids.findIndex((id) => (id as number | undefined) === undefined);
    if (unknown !== -1) {
      throw new AppError('tokenizer-invalid', `The tokenizer has no token for “${tokens[unknown]!.slice(0, 40)}”.`, {
        hint: 'Its vocabulary lacks an unknown token. Take that piece out of the text, or give token ids.',
      });
    }
    return ids;
  }

  /** The document and the tokens are compared with spaces, whichever mark the tokenizer uses for them. */
  #readable(text: AlignedText): AlignedText {
    return this.#notation.metaspace ? { ...text, text: text.text.replaceAll(METASPACE, ' ') } : text;
  }

  #surface(id: number): Uint8Array | null {
    let known = this.#surfaces.get(id);
    if (known === undefined) {
      const token = this.#library.id_to_token(id)!;
      const added = this.#added.get(id);
      if (id === this.#library.model?.unk_token_id) known = null;
      else if (added) known = new TextEncoder().encode(added.content);
      else known = bytesOfToken(token, this.#notation);
      this.#surfaces.set(id, known);
    }
    return known;
  }
}

/** Putting marks in order takes time in the square of their number; no writing system has more than a few. */
const TOO_MANY_MARKS = /\p{M}{4096}/u;

function refuseMarks(text: string): void {
  if (!TOO_MANY_MARKS.test(text)) return;
  throw new AppError('bad-request', 'The text has more than 4,096 combining marks on one character.', {
    hint: 'It is probably not meant as text. Remove that passage.',
  });
}

function notationOf(json: Readonly<Record<string, unknown>>): Notation {
  const parts = JSON.stringify([json['normalizer'], json['pre_tokenizer'], json['decoder']]);
  const model = json['model'] as { byte_fallback?: boolean };
  return {
    byteLevel: parts.includes('"type":"ByteLevel"'),
    metaspace: parts.includes(METASPACE),
    byteFallback: model.byte_fallback === true || parts.includes('"type":"ByteFallback"'),
  };
}
