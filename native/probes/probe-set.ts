/** The prompts that a probe run asks for: drawn from a seed, or the user's. */
import { AppError } from '../../shared/base/app-error.ts';
import type { ScoreData } from '../../shared/model/score.ts';
import { drawGrid, type GridRequest } from '../tasks/draw-grid.ts';
import { readTaskParameters } from '../tasks/index.ts';
import type { TaskContext, TaskParameters } from '../tasks/task.ts';
import { resolveBos, withBosPolicy } from './bos.ts';
import { FILE_PROBE, fileData, fileProbeSample, type ProbeFileItem } from './file.ts';
import { usableProbe } from './index.ts';
import type { ProbeSample } from './probe.ts';

export interface ProbeSetRequest extends GridRequest {
  /** Of a probe set. */
  readonly task: string;
  /** Of the probe set `file`. */
  readonly items: readonly ProbeFileItem[];
}

export interface ProbeSet {
  /** With BOS as it is. */
  readonly parameters: TaskParameters;
  readonly data: readonly ScoreData[];
  draw(breathe: () => Promise<void>): Promise<readonly ProbeSample[]>;
}

/** Throws `bad-request` for what there is none of. */
export function probeSetOf(context: TaskContext, request: ProbeSetRequest): ProbeSet {
  return request.task === FILE_PROBE.id ? fileSet(context, request) : drawnSet(context, request);
}

function drawnSet(context: TaskContext, request: ProbeSetRequest): ProbeSet {
  const probe = usableProbe(context, request.task);
  const given = readTaskParameters(probe, request.parameters, 'probe set');
  const parameters = resolveBos(context, given);
  const grid = { ...request, parameters };
  return {
    parameters,
    data: probe.data,
    draw: async (breathe) => {
      const { cells } = await drawGrid(probe, 'probe set', context, grid, breathe);
      return cells.flatMap(({ samples }) => samples);
    },
  };
}

function fileSet(context: TaskContext, { items, parameters: given, lengths, depths }: ProbeSetRequest): ProbeSet {
  if (items.length === 0) {
    throw new AppError('bad-request', 'The file holds no prompts.', {
      hint: 'Write a JSON object {"prompt": "..."} on each line, with an "answer" where there is one.',
    });
  }
  if (lengths.length + depths.length > 0) {
    throw new AppError('bad-request', 'The probe set file has no lengths or depths: its prompts are as they are.');
  }
  const parameters = resolveBos(context, readTaskParameters({ info: FILE_PROBE }, given, 'probe set'));
  const own = withBosPolicy(context, parameters);
  return {
    parameters,
    data: fileData(items),
    draw: async (breathe) => {
      const samples: ProbeSample[] = [];
      for (const [index, item] of items.entries()) {
        samples.push(fileProbeSample(own, item, index));
        await breathe();
      }
      return samples;
    },
  };
}
