import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Tokenizer } from '@huggingface/tokenizers';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AppError } from '../../shared/base/app-error.ts';
import type { Encoded } from './model-tokenizer.ts';
import { correctBlanks } from './correct-blanks.ts';
import { characterStyle, gpt2Style, llama2Style, metaspaceStyle, qwenStyle } from './fixtures.ts';
import { openTokenizer, type ModelTokenizer } from './open-tokenizer.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'headscope-tokenizer-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

type Available = Extract<ModelTokenizer, { available: true }>;

async function open(json: object, config?: object, bosId: number | null = null, vocabSize = 1000): Promise<Available> {
  await writeFile(join(folder, 'tokenizer.json'), JSON.stringify(json));
  if (config) await writeFile(join(folder, 'tokenizer_config.json'), JSON.stringify(config));
  const tokenizer = await openTokenizer(folder, { vocabSize, bosId });
  if (!tokenizer.available) throw new Error(tokenizer.reason);
  return tokenizer;
}

async function failure(promise: Promise<unknown>): Promise<AppError> {
  const error: unknown = await promise.then(
    () => new Error('Nothing was thrown.'),
    (thrown: unknown) => thrown,
  );
  if (error instanceof AppError) return error;
  throw error;
}

/** Display and the piece of the prompt, token by token. */
function pieces(text: string, { tokens }: Encoded): [string, string | null][] {
  return tokens.map(({ display, start, end }) => [display, start === -1 ? null : text.slice(start, end)]);
}

describe('byte-level BPE', () => {
  it('gives strings, marks and ranges', async () => {
    const tokenizer = await open(gpt2Style());
    const text = 'hello world\n\té 日 <|endoftext|>hello';
    expect(pieces(text, tokenizer.encode(text, { bos: false }))).toEqual([
      ['hello', 'hello'],
      ['·world', ' world'],
      ['⏎', '\n'],
      ['⇥', '\t'],
      ['é', 'é'],
      ['·', ' '],
      ['日', '日'],
      ['·', ' '],
      ['<|endoftext|>', '<|endoftext|>'],
      ['hello', 'hello'],
    ]);
  });

  it('lets tokens that split a character share its range', async () => {
    const tokenizer = await open(gpt2Style());
    const text = 'a😀本!';
    const { tokens } = tokenizer.encode(text, { bos: false });
    expect(tokens.map(({ display, text, start, end }) => [display, text, start, end])).toEqual([
      ['a', 'a', 0, 1],
      ['⟨F0⟩⟨9F⟩', '', 1, 3],
      ['⟨98⟩', '', 1, 3],
      ['⟨80⟩', '', 1, 3],
      ['⟨E6⟩', '', 3, 4],
      ['⟨9C⟩', '', 3, 4],
      ['⟨AC⟩', '', 3, 4],
      ['!', '!', 4, 5],
    ]);
  });

  it('encodes a lone surrogate as a replacement character in its place', async () => {
    const tokenizer = await open(gpt2Style());
    const { tokens } = tokenizer.encode('a\ud800b', { bos: false });
    expect(tokens.map(({ display, start, end }) => [display, start, end])).toEqual([
      ['a', 0, 1],
      ['⟨EF⟩', 1, 2],
      ['⟨BF⟩', 1, 2],
      ['⟨BD⟩', 1, 2],
      ['b', 2, 3],
    ]);
  });

  it('does not take a byte order mark for a blank', async () => {
    const tokenizer = await open(gpt2Style());
    const text = '  \ufeffhello';
    expect(pieces(text, tokenizer.encode(text, { bos: false })).slice(0, 2)).toEqual([
      ['·', ' '],
      ['·', ' '],
    ]);
  });

  it('refuses thousands of marks on one character', async () => {
    const tokenizer = await open(qwenStyle());
    expect(() => tokenizer.encode(`a${'\u0307\u0323'.repeat(5000)}`, { bos: false })).toThrow(/combining marks/);
    expect(tokenizer.encode(`a${'\u0307'.repeat(50)}`, { bos: false }).tokens.at(-1)!.end).toBe(51);
  });

  it('maps ranges back through NFC', async () => {
    const tokenizer = await open(qwenStyle());
    // e + acute composes to one é; the jamo compose to one syllable; q keeps its two marks, reordered.
    const text = 'e\u0301x \u1112\u1161\u11ab q\u0307\u0323!';
    const { tokens } = tokenizer.encode(text, { bos: false });
    expect(tokens[0]).toMatchObject({ display: 'é', start: 0, end: 2 });
    expect(tokens[1]).toMatchObject({ display: 'x', start: 2, end: 3 });
    expect(new Set(tokens.slice(3, 6).map(({ start, end }) => `${start}-${end}`))).toEqual(new Set(['4-7']));
    expect(tokens.find(({ display }) => display === 'q')).toMatchObject({ start: 8, end: 11 });
    expect(tokens.at(-1)).toMatchObject({ display: '!', start: 11, end: 12 });
  });

  it('gives the blanks that an added token swallows to that token', async () => {
    const tokenizer = await open(qwenStyle());
    const text = 'hello  <tool>\n hello';
    expect(pieces(text, tokenizer.encode(text, { bos: false }))).toEqual([
      ['hello', 'hello'],
      ['<tool>', '  <tool>'],
      ['hello', '\n hello'],
    ]);
    const { tokens } = tokenizer.encode('<|im_start|><tool>', { bos: false });
    expect(tokens.map(({ special }) => special)).toEqual([true, false]);
  });
});

describe('SentencePiece-like BPE', () => {
  it.each([
    ['normaliser', llama2Style],
    ['pre-tokenizer', metaspaceStyle],
  ])('gives strings, marks and ranges where the %s replaces spaces', async (_, style) => {
    const tokenizer = await open(style());
    const text = 'hello world  é!日\n';
    expect(pieces(text, tokenizer.encode(text, { bos: false }))).toEqual([
      ['·hello', 'hello'],
      ['·world', ' world'],
      ['··', '  '],
      ['é', 'é'],
      ['!', '!'],
      ['⟨E6⟩', '日'],
      ['⟨97⟩', '日'],
      ['⟨A5⟩', '日'],
      ['⏎', '\n'],
    ]);
  });

  it('gives no range to a mark that stands for no text', async () => {
    const tokenizer = await open(llama2Style());
    expect(pieces('b', tokenizer.encode('b', { bos: false }))).toEqual([
      ['·', null],
      ['b', 'b'],
    ]);
    expect(tokenizer.encode('', { bos: false }).tokens).toEqual([]);
  });

  it('finds special tokens inside the text', async () => {
    const tokenizer = await open(llama2Style());
    const text = 'hello</s>hello';
    expect(pieces(text, tokenizer.encode(text, { bos: true }))).toEqual([
      ['<s>', null],
      ['·hello', 'hello'],
      ['</s>', '</s>'],
      ['·hello', 'hello'],
    ]);
  });

  it('gives unknown tokens the characters between their neighbours', async () => {
    const tokenizer = await open(characterStyle());
    const text = 'aXYb😀';
    expect(pieces(text, tokenizer.encode(text, { bos: false }))).toEqual([
      ['·', null],
      ['a', 'a'],
      ['<unk>', 'X'],
      ['<unk>', 'Y'],
      ['b', 'b'],
      ['<unk>', '😀'],
    ]);
  });

  it('cuts at words only where that changes nothing', async () => {
    const text = 'hello world  hello.'.repeat(20);
    const json = llama2Style() as { model: { vocab: Record<string, number>; merges: string[] } };
    const library = new Tokenizer(json, {});
    const tokenizer = await open(json);
    expect([...tokenizer.encode(text, { bos: false }).ids]).toEqual(
      library.encode(text, { add_special_tokens: false }).ids,
    );

    json.model.vocab['o▁'] = Object.keys(json.model.vocab).length;
    json.model.merges.unshift('o ▁');
    const crossing = await open(json);
    expect([...crossing.encode(text, { bos: false }).ids]).toEqual(
      new Tokenizer(json, {}).encode(text, { add_special_tokens: false }).ids,
    );
    expect(crossing.encode(text, { bos: false }).tokens.some(({ display }) => display === 'o·')).toBe(true);
  });
});

describe('every style', () => {
  const character = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 3 }),
    fc.string({ unit: 'grapheme', maxLength: 3 }),
    fc.constantFrom(
      'hello',
      ' world',
      ' ',
      '  ',
      '\n',
      '\r\n',
      'é',
      'e\u0301',
      'q\u0307\u0323',
      '👩‍👩‍👧',
      '🏳️‍🌈',
      '日本',
      '한',
      '\u1112\u1161\u11ab',
    ),
    fc.constantFrom(
      'שלום',
      'مرحبا',
      '\u200f',
      '▁',
      'ﬁ',
      'Å',
      '\u0344',
      '\ud800',
      '\udc00',
      '\ufeff',
      '\0',
      '<tool>',
      '<|im_start|>',
      '</s>',
      '<0xE2>',
      'İ',
    ),
  );
  const prompt = fc.array(character, { maxLength: 12 }).map((parts) => parts.join(''));

  it.each([
    ['GPT-2', gpt2Style],
    ['Qwen', qwenStyle],
    ['Llama 2', llama2Style],
    ['Metaspace', metaspaceStyle],
    ['characters', characterStyle],
  ])('covers every character, in order, with the ids of the library: %s', async (_, style) => {
    const tokenizer = await open(style());
    const library = new Tokenizer(style(), {});
    correctBlanks(library);
    fc.assert(
      fc.property(prompt, (text) => {
        const { ids, tokens } = tokenizer.encode(text, { bos: false });
        const wellFormed = text.replaceAll(/\p{Surrogate}/gu, '\ufffd');
        expect([...ids]).toEqual(text === '' ? [] : library.encode(wellFormed, { add_special_tokens: false }).ids);
        let covered = 0;
        let last = 0;
        for (const token of tokens) {
          if (token.start === -1) continue;
          expect(token.end).toBeGreaterThan(token.start);
          expect(token.start).toBeLessThanOrEqual(covered);
          expect(token.start).toBeGreaterThanOrEqual(last);
          last = token.start;
          covered = Math.max(covered, token.end);
        }
        expect(covered).toBe(tokens.length === 0 ? 0 : text.length);
      }),
      { numRuns: 400 },
    );
  });

  it.each([
    ['GPT-2', gpt2Style],
    ['Llama 2', llama2Style],
  ])('gives each token the text that it stands for: %s', async (_, style) => {
    const tokenizer = await open(style());
    const plain = fc.array(fc.constantFrom('hello', ' world', ' ', '\n', 'é', '日本', '😀', 'שלום', 'q\u0307'), {
      maxLength: 12,
    });
    fc.assert(
      fc.property(plain, (parts) => {
        const text = parts.join('');
        for (const token of tokenizer.encode(text, { bos: false }).tokens) {
          if (token.start === -1 || token.text === '') continue;
          const piece = text.slice(token.start, token.end);
          expect(token.start === 0 ? [piece, ` ${piece}`] : [piece]).toContain(token.text);
        }
      }),
    );
  });

  it.each([
    ['GPT-2', gpt2Style],
    ['Qwen', qwenStyle],
    ['Llama 2', llama2Style],
    ['Metaspace', metaspaceStyle],
  ])('takes 2,000 words in milliseconds and 40,000 in a second: %s', async (_, style) => {
    const tokenizer = await open(style());
    const words = Array.from(
      { length: 2000 },
      (_, i) => ['hello', 'world', 'é', 'abc', '日', 'wor'][(i * 7 + (i >> 3)) % 6],
    ).join(' ');
    // Time of the processor, which other work on the machine does not lengthen.
    const milliseconds = (text: string): number => {
      const start = process.cpuUsage();
      const { tokens } = tokenizer.encode(text, { bos: false });
      const { user, system } = process.cpuUsage(start);
      expect(tokens.at(-1)!.end).toBe(text.length);
      return (user + system) / 1000;
    };
    milliseconds(words);
    // Far above what it takes (5 ms and half a second), far below what anything quadratic would.
    expect(milliseconds(words)).toBeLessThan(200);
    expect(milliseconds(words.repeat(Math.ceil(2 ** 18 / words.length)))).toBeLessThan(10_000);
  });
});

describe('BOS', () => {
  it('is only put in front when asked for, whatever the post-processor adds', async () => {
    const tokenizer = await open(llama2Style(), { bos_token: '<s>' });
    expect(tokenizer).toMatchObject({ bosId: 1, bosByDefault: true });
    const { ids, tokens } = tokenizer.encode('hello', { bos: true });
    expect(tokens[0]).toEqual({ id: 1, display: '<s>', text: '<s>', start: -1, end: -1, special: true });
    expect(ids.length).toBe(2);
    expect([...tokenizer.encode('hello', { bos: false }).ids]).toEqual([...ids.slice(1)]);
    expect([...tokenizer.encode('', { bos: true }).ids]).toEqual([1]);
  });

  it('is found in tokenizer_config.json as an object, in special_tokens_map.json, else in config.json', async () => {
    expect((await open(gpt2Style(), { bos_token: { content: '<|endoftext|>' } })).bosId).toBe(270);
    await writeFile(join(folder, 'special_tokens_map.json'), JSON.stringify({ bos_token: '<|endoftext|>' }));
    expect(await open(gpt2Style(), {}, 3)).toMatchObject({ bosId: 270, bosByDefault: false });
    await rm(join(folder, 'special_tokens_map.json'));
    expect((await open(gpt2Style(), { bos_token: null }, 3)).bosId).toBe(3);
  });

  it('is the post-processor’s where nothing else names one', async () => {
    expect(await open(llama2Style())).toMatchObject({ bosId: 1, bosByDefault: true });
  });

  it('follows add_bos_token where it is given', async () => {
    expect((await open(llama2Style(), { bos_token: '<s>', add_bos_token: false })).bosByDefault).toBe(false);
    expect((await open(gpt2Style(), { bos_token: '<|endoftext|>', add_bos_token: true })).bosByDefault).toBe(true);
    expect((await open(gpt2Style(), { add_bos_token: true })).bosByDefault).toBe(false);
  });

  it('is not used past the vocabulary, nor are added tokens there', async () => {
    const tokenizer = await open(gpt2Style(), { bos_token: '<|endoftext|>', add_bos_token: true }, null, 270);
    expect(tokenizer).toMatchObject({ bosId: null, bosByDefault: false });
    expect(tokenizer.warnings.join(' ')).toMatch(/BOS token has the id 270.*ends at 269.*“<\|endoftext\|>” \(270\)/);
  });
});

describe('what cannot be used', () => {
  it('is id mode without tokenizer.json', async () => {
    const nothing = await openTokenizer(folder, { vocabSize: 10, bosId: 50256 });
    expect(nothing).toMatchObject({
      available: false,
      bosId: null,
      reason: 'The model folder holds no tokenizer.json.',
    });
    expect(nothing.warnings).toHaveLength(1);
    expect(nothing.describe(12)).toEqual({ display: '#12', text: '', special: false });
    await writeFile(join(folder, 'tokenizer.model'), '');
    expect(await openTokenizer(folder, { vocabSize: 10, bosId: 1 })).toMatchObject({
      bosId: 1,
      reason: 'The model folder holds no tokenizer.json, only tokenizer.model.',
    });
  });

  it.each([
    ['{', /not valid JSON/],
    ['[]', /not a JSON object/],
    ['{}', /no model with a vocabulary/],
    ['{"model":{"type":"BPE","vocab":{}}}', /cannot be used/],
    ['{"model":{"type":"Hologram","vocab":{}},"pre_tokenizer":{"type":"Magic"}}', /Magic/],
    ['{"model":{"type":"BPE","vocab":null,"merges":[]}}', /cannot be used/],
    ['{"model":{"type":"BPE","vocab":{"a":0},"merges":[]},"added_tokens":7}', /cannot be used/],
  ])('is refused with what was found: %s', async (text, message) => {
    await writeFile(join(folder, 'tokenizer.json'), text);
    const error = await failure(openTokenizer(folder, { vocabSize: 10, bosId: null }));
    expect(error.code).toBe('tokenizer-invalid');
    expect(error.message).toMatch(message);
  });

  it('shows ids outside the vocabulary by number', async () => {
    const tokenizer = await open(gpt2Style());
    expect(tokenizer.describe(999)).toEqual({ display: '#999', text: '', special: false });
  });
});

describe('display', () => {
  it('shows complete characters and the bytes around them', async () => {
    const json = gpt2Style() as { model: { vocab: Record<string, number> } };
    json.model.vocab['ĠÃ©âĤ'] = 500;
    json.model.vocab['âĢ®č'] = 501;
    const tokenizer = await open(json);
    expect(tokenizer.describe(500)).toEqual({ display: '·é⟨E2⟩⟨82⟩', text: '', special: false });
    expect(tokenizer.describe(501)).toEqual({ display: '⟨U+202E⟩␍', text: '\u202e\r', special: false });
  });
});

const shipped = resolve(import.meta.dirname, '..', '..', 'resources', 'model');
describe.skipIf(!existsSync(join(shipped, 'tokenizer.json')))('the shipped tokenizer', () => {
  it('opens, prepends BOS by default and gives back any text', async () => {
    const config = JSON.parse(await readFile(join(shipped, 'config.json'), 'utf8')) as {
      vocab_size: number;
      bos_token_id: number;
    };
    const tokenizer = await openTokenizer(shipped, { vocabSize: config.vocab_size, bosId: config.bos_token_id });
    if (!tokenizer.available) throw new Error(tokenizer.reason);
    expect(tokenizer).toMatchObject({ bosId: config.bos_token_id, bosByDefault: true, warnings: [] });
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 60 }), (text) => {
        const { tokens } = tokenizer.encode(text, { bos: true });
        let covered = 0;
        for (const { start, end } of tokens.slice(1)) {
          expect(start).toBeLessThanOrEqual(covered);
          covered = Math.max(covered, end);
        }
        expect(covered).toBe(text.length);
      }),
    );
  });
});
