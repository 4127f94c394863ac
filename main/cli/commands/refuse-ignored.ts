/** Options of `headscope scores` that would say nothing where they were given. */
import { AppError } from '../../../shared/base/app-error.ts';
import type { ScoreInfo, ScoreParameters } from '../../../shared/model/score.ts';
import type { ScoresOptions } from './scores-options.ts';

type Named = readonly [name: string, value: unknown];

/** Throws `bad-request` for an option of a probe set without one, of drawn prompts beside a file, or of a text beside either. */
export function refuseIgnored(options: ScoresOptions): void {
  const { task, probeFile, lengths, depths, samples, param = [], seed, bos } = options;
  const drawn: Named[] = [
    ['--lengths', lengths],
    ['--depths', depths],
    ['--samples', samples],
  ];
  if (task === undefined && probeFile === undefined) {
    const others: Named[] = [
      ['--param', param[0]],
      ['--seed', seed],
    ];
    refuse([...drawn, ...others], 'is of a probe set, and none was given', 'Add --task, or leave it out.');
    return;
  }
  refuse([['--bos or --no-bos', bos]], 'is of a prompt, and a probe set was given', 'Write --param bos=1 or bos=0.');
  if (probeFile === undefined) return;
  if (task !== undefined && task !== 'file') {
    throw new AppError('bad-request', `The probe set ${task} takes no file.`, {
      hint: 'Give --task or --probe-file.',
    });
  }
  refuse(drawn, 'is of prompts that are drawn; a file is read as it is', 'Leave it out, or give --task.');
}

function refuse(options: readonly Named[], why: string, hint: string): void {
  const given = options.find(([, value]) => value !== undefined);
  if (given !== undefined) throw new AppError('bad-request', `${given[0]} ${why}.`, { hint });
}

/** Throws `bad-request` for parameters of a score that is not among those that are computed. */
export function refuseUnused(
  parameters: Readonly<Record<string, ScoreParameters>>,
  computed: readonly Pick<ScoreInfo, 'id'>[],
): void {
  const unused = Object.keys(parameters).find((id) => !computed.some((info) => info.id === id));
  if (unused === undefined) return;
  throw new AppError('bad-request', `--score-param is of the score ${unused}, which is not computed.`, {
    hint: 'Name it in --scores, or leave the parameter out.',
  });
}
