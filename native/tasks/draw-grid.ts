/** Samples of a task or a probe set over a grid of lengths and depths. */
import { AppError } from '../../shared/base/app-error.ts';
import { createPrng } from '../../shared/base/prng.ts';
import { readTaskParameters, type Maker } from './index.ts';
import type { TaskContext, TaskParameters } from './task.ts';

export interface GridRequest {
  readonly parameters: TaskParameters;
  readonly lengths: readonly number[];
  readonly depths: readonly number[];
  /** Of each cell. */
  readonly samples: number;
  readonly seed: number;
}

export interface GridCell<S> {
  readonly length: number | null;
  readonly depth: number | null;
  readonly samples: readonly S[];
}

/** The samples depend on seed, length, depth and number alone: more of them, or other cells, leave them as they are. */
export function drawSamples<S>(
  maker: Pick<Maker<S>, 'make'>,
  context: TaskContext,
  parameters: TaskParameters,
  count: number,
  seed: number,
): S[] {
  return Array.from({ length: count }, (_, sample) => drawSample(maker, context, parameters, sample, seed));
}

function drawSample<S>(
  maker: Pick<Maker<S>, 'make'>,
  context: TaskContext,
  parameters: TaskParameters,
  sample: number,
  seed: number,
): S {
  const { length = 0, depth = 0 } = parameters;
  return maker.make(context, parameters, createPrng(seed, length, Math.round(1000 * depth), sample));
}

/**
 * At the lengths and depths that are given; where none are, at those of the parameters. `what`: as messages call the
 * maker. `breathe` is awaited between samples. Throws `bad-request` where it takes no length or depth.
 */
export async function drawGrid<S>(
  maker: Maker<S>,
  what: string,
  context: TaskContext,
  { parameters: given, lengths, depths, samples: count, seed }: GridRequest,
  breathe: () => Promise<void>,
): Promise<{ readonly parameters: TaskParameters; readonly cells: readonly GridCell<S>[] }> {
  const { id } = maker.info;
  const parameters = readTaskParameters(maker, given, what);
  const axis = (name: 'length' | 'depth', values: readonly number[]): (number | null)[] => {
    const own = parameters[name];
    if (values.length > 0 && own === undefined) {
      throw new AppError('bad-request', `The ${what} ${id} has no ${name}.`);
    }
    return values.length > 0 ? [...values] : [own ?? null];
  };
  const cells: GridCell<S>[] = [];
  for (const length of axis('length', lengths)) {
    for (const depth of axis('depth', depths)) {
      const place = { ...(length === null ? {} : { length }), ...(depth === null ? {} : { depth }) };
      const complete = readTaskParameters(maker, { ...parameters, ...place }, what);
      const samples: S[] = [];
      for (let sample = 0; sample < count; sample++) {
        samples.push(drawSample(maker, context, complete, sample, seed));
        await breathe();
      }
      cells.push({ length, depth, samples });
    }
  }
  return { parameters, cells };
}
