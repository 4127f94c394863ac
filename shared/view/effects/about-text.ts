/** What a result is of and what it took, in sentences; on screen and in captions. */
import type { Change, ComparedTokens, SweepWork } from '../../model/effect.ts';
import type { EffectAbout } from '../../model/effect-results.ts';
import { formatCount, formatDuration, formatNumber, formatSigned, plural } from '../format.ts';
import { changeText } from './change-text.ts';

/** `zero on top of L1H3=zero, 311 tokens: “The rain had…”. Final norm frozen.` */
export function aboutText({ tokens, prompt, on, finalNorm }: EffectAbout, change?: Change): string {
  const what = change ? `Change: ${changeText(change)}` : '';
  const base = on === '' ? '' : `on top of ${on.replaceAll(',', ', ')}`;
  const of = tokens === null ? '' : `prompt of ${plural(tokens, 'token')}${prompt === '' ? '' : `, “${prompt}”`}`;
  const sentence = [what, base, of].filter((part) => part !== '').join(', ');
  const first = sentence === '' ? '' : `${sentence.slice(0, 1).toUpperCase()}${sentence.slice(1)}.`;
  return [first, finalNorm === 'frozen' ? 'Final norm frozen.' : ''].filter((part) => part !== '').join(' ');
}

/** `Read after token 310: logit(·co) − logit(·ho) was +2.51.` */
export function targetText({ position, token, against, difference }: ComparedTokens): string {
  return `Read after token ${position}: logit(${token.display}) − logit(${against.display}) was ${formatSigned(difference)}.`;
}

/** `48 forwards in 1.2 s; FLOP bound 1.9 ×.` */
export function workText({ forwards, milliseconds, flopBound }: SweepWork): string {
  const bound = Number.isFinite(flopBound)
    ? `; FLOP bound ${formatNumber(flopBound)} × against as many full forwards`
    : '';
  return `${formatCount(forwards)} ${forwards === 1 ? 'forward' : 'forwards'} in ${formatDuration(milliseconds)}${bound}.`;
}
