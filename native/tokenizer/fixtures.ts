/** Small tokenizer.json contents in the styles of published models, for tests. */

const BYTE_CHARS: readonly string[] = (() => {
  const printable = (byte: number): boolean => (byte > 0x20 && byte < 0x7f) || (byte > 0xa0 && byte !== 0xad);
  let next = 0x100;
  return Array.from({ length: 256 }, (_, byte) => String.fromCharCode(printable(byte) ? byte : next++));
})();

const SPECIAL = { single_word: false, lstrip: false, rstrip: false, normalized: false, special: true };

const BYTE_LEVEL = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: false, use_regex: true };

interface Bpe {
  readonly vocab: Record<string, number>;
  readonly merges: string[];
}

/** A vocabulary of the given tokens, then every merge's result in order. */
function bpe(first: readonly string[], merges: readonly string[]): Bpe {
  const tokens = [...first, ...merges.map((merge) => merge.replace(' ', ''))];
  return { vocab: Object.fromEntries([...new Set(tokens)].map((token, i) => [token, i])), merges: [...merges] };
}

function added(bpe: Bpe, content: string, more: object = {}): object {
  return { id: (bpe.vocab[content] ??= Object.keys(bpe.vocab).length), content, ...SPECIAL, ...more };
}

function template(bos: string, id: number): object {
  return {
    type: 'TemplateProcessing',
    single: [{ SpecialToken: { id: bos, type_id: 0 } }, { Sequence: { id: 'A', type_id: 0 } }],
    pair: [{ Sequence: { id: 'A', type_id: 0 } }, { Sequence: { id: 'B', type_id: 1 } }],
    special_tokens: { [bos]: { id: bos, ids: [id], tokens: [bos] } },
  };
}

const byteMerges = [
  'h e',
  'l l',
  'he ll',
  'hell o',
  'Ġ w',
  'o r',
  'Ġw or',
  'l d',
  'Ġwor ld',
  'Ã ©',
  'ð Ł',
  'æ Ĺ',
  'æĹ ¥',
  'Ġ Ġ',
];

/** Byte-level BPE with GPT-2's own splitting and no BOS of its own. */
export function gpt2Style(): object {
  const model = bpe(BYTE_CHARS, byteMerges);
  const end = added(model, '<|endoftext|>');
  return {
    added_tokens: [end],
    normalizer: null,
    pre_tokenizer: BYTE_LEVEL,
    post_processor: BYTE_LEVEL,
    decoder: BYTE_LEVEL,
    model: { type: 'BPE', unk_token: null, ...model },
  };
}

/** Byte-level BPE after NFC and a splitting pattern, as Qwen has it. */
export function qwenStyle(): object {
  const model = bpe(BYTE_CHARS, byteMerges);
  const tokens = [
    added(model, '<|im_start|>'),
    added(model, '<tool>', { special: false, normalized: false, lstrip: true, rstrip: true }),
  ];
  const Regex =
    "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
  return {
    added_tokens: tokens,
    normalizer: { type: 'NFC' },
    pre_tokenizer: {
      type: 'Sequence',
      pretokenizers: [
        { type: 'Split', pattern: { Regex }, behavior: 'Isolated', invert: false },
        { ...BYTE_LEVEL, use_regex: false },
      ],
    },
    post_processor: BYTE_LEVEL,
    decoder: BYTE_LEVEL,
    model: { type: 'BPE', unk_token: null, ...model },
  };
}

const pieceMerges = ['▁ ▁', 'h e', 'l l', 'he ll', 'hell o', '▁ hello', '▁ w', 'o r', 'or l', 'orl d', '▁w orld'];

function pieceBpe(): Bpe {
  const bytes = Array.from({ length: 256 }, (_, byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`);
  return bpe(['<unk>', '<s>', '</s>', ...bytes, '▁', ...Array.from('abcdefghijklmnopqrstuvwxyz.,!é')], pieceMerges);
}

/** SentencePiece BPE with byte fallback; spaces become ▁ in the normaliser, as in Llama 2. */
export function llama2Style(): object {
  const model = pieceBpe();
  return {
    added_tokens: [added(model, '<unk>'), added(model, '<s>'), added(model, '</s>')],
    normalizer: {
      type: 'Sequence',
      normalizers: [
        { type: 'Prepend', prepend: '▁' },
        { type: 'Replace', pattern: { String: ' ' }, content: '▁' },
      ],
    },
    pre_tokenizer: null,
    post_processor: template('<s>', 1),
    decoder: {
      type: 'Sequence',
      decoders: [
        { type: 'Replace', pattern: { String: '▁' }, content: ' ' },
        { type: 'ByteFallback' },
        { type: 'Fuse' },
        { type: 'Strip', content: ' ', start: 1, stop: 0 },
      ],
    },
    model: { type: 'BPE', unk_token: '<unk>', fuse_unk: true, byte_fallback: true, ...model },
  };
}

/** The same with spaces replaced by a Metaspace pre-tokenizer. */
export function metaspaceStyle(): object {
  return {
    ...llama2Style(),
    normalizer: null,
    pre_tokenizer: { type: 'Metaspace', replacement: '▁', prepend_scheme: 'first', split: false },
  };
}

/** A few characters and an unknown token; no bytes to fall back to. */
export function characterStyle(): object {
  const model = bpe(['<unk>', '<s>', '▁', ...Array.from('abcdefgh')], []);
  return {
    ...llama2Style(),
    added_tokens: [added(model, '<unk>'), added(model, '<s>')],
    model: { type: 'BPE', unk_token: '<unk>', fuse_unk: false, byte_fallback: false, ...model },
  };
}
