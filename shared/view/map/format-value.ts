import { format } from 'd3';
import { LOG_FLOOR } from '../../colour/value-scale.ts';
import type { TileValue } from '../../tensor/tile.ts';

const grouped = format(',');

/** A typographic minus, since a hyphen is too short beside tabular numerals; and none before a rounded zero. */
const withMinus = (text: string) => text.replace(/^-(?=0(?:\.0*)?$)/, '').replace('-', '−');

const SUPERSCRIPTS = '⁰¹²³⁴⁵⁶⁷⁸⁹';
const superscript = (exponent: number) =>
  (exponent < 0 ? '⁻' : '') + String(Math.abs(exponent)).replaceAll(/\d/g, (digit) => SUPERSCRIPTS[Number(digit)]!);

/** 1,019 */
export function formatCount(count: number): string {
  return grouped(count);
}

/** Powers of ten from 0.01 to 1,000 in full, others as 10⁻³. */
export function formatPower(exponent: number): string {
  if (exponent < -2 || exponent > 3) return `10${superscript(exponent)}`;
  return exponent >= 0 ? grouped(10 ** exponent) : (10 ** exponent).toFixed(-exponent);
}

/** Three significant digits: 0.613, 0.00210, 3.2 × 10⁻⁵, 0. */
export function formatProbability(value: number): string {
  if (value === 0) return '0';
  if (Math.abs(value) >= 0.001) return withMinus(value >= 0.9995 && value <= 1 ? '1.00' : value.toPrecision(3));
  const exponent = Math.floor(Math.log10(Math.abs(value)));
  return withMinus(`${(value / 10 ** exponent).toFixed(1)} × 10${superscript(exponent)}`);
}

/** A value of the map as the line under it says it. */
export function formatValue(value: TileValue, number: number): string {
  if (value === 'probability') return formatProbability(number);
  if (value === 'lift') return `${number >= 100 ? grouped(Math.round(number)) : number.toPrecision(3)}×`;
  return withMinus(number.toFixed(2));
}

/** A value as it is printed into a cell: short, and never suggesting that something small is nothing. */
export function formatInCell(value: TileValue, number: number, wide: boolean): string {
  if (value === 'logit' || value === 'logProbability') return withMinus(number.toFixed(wide ? 2 : 1));
  if (value === 'lift') {
    if (number >= 100) return String(Math.round(number));
    return number < 0.05 ? (number === 0 ? '0' : '<.1') : number.toFixed(number >= 10 ? 0 : wide ? 2 : 1);
  }
  if (number === 0) return '0';
  if (number < LOG_FLOOR) return '<10⁻⁴';
  if (number < 0.001) return '<.001';
  const digits = wide || number < 0.095 ? 3 : 2;
  return number >= 0.9995 ? '1' : number.toFixed(digits).replace(/^0/, '');
}

/** A tick of the legend: 0.3, −2, 10⁻⁴, −2×10⁻⁴. */
export function formatTick(number: number): string {
  const magnitude = Math.abs(number);
  if (number === 0) return '0';
  if (magnitude < 0.005) {
    const [mantissa, exponent] = magnitude.toExponential(1).split('e').map(Number) as [number, number];
    const size = mantissa === 1 ? formatPower(exponent) : `${mantissa}×10${superscript(exponent)}`;
    return number < 0 ? `−${size}` : size;
  }
  return withMinus(Number(number.toPrecision(3)).toLocaleString('en-US', { maximumFractionDigits: 4 }));
}
