/** Figures of the stand-in: a picture of one pixel, and files that are only remembered. */
import type { Handlers } from '../../shared/contract/handlers.ts';
import type { ParsedParamsOf } from '../../shared/contract/methods.ts';
import { MEDIA_TYPES } from '../../shared/figure/formats.ts';

export interface FakeFigures {
  /** What was asked for, the latest last. */
  readonly asked: ParsedParamsOf<'figure.render'>[];
  readonly handlers: Handlers<'figure.render' | 'figure.save'>;
}

const PIXEL = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

export function createFakeFigures(): FakeFigures {
  const asked: ParsedParamsOf<'figure.render'>[] = [];
  const facts = { pixels: { width: 1, height: 1 }, sizeMm: { width: 180, height: 120 }, notes: [] };
  return {
    asked,
    handlers: {
      'figure.render': async (params) => {
        asked.push(params);
        const bytes = Uint8Array.from(atob(PIXEL), (letter) => letter.charCodeAt(0));
        const { format, recipe } = params;
        return Promise.resolve({ ...facts, bytes, name: `${recipe.view}.${format}`, mediaType: MEDIA_TYPES[format] });
      },
      'figure.save': async (params) => {
        asked.push(params);
        return Promise.resolve({ ...facts, files: [{ path: params.path, bytes: 1 }] });
      },
    },
  };
}
