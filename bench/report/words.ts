import type { Goal } from '../rows/row.js';
import type { MeasuredFigure } from './benchmark.js';
import { type Result, resultOf } from './result.js';

const DIGITS = new Intl.NumberFormat('en', { maximumSignificantDigits: 4 });
const WHOLE = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });

/** A number as people read it. */
export function number(value: number): string {
  return (Math.abs(value) < 1_000 ? DIGITS : WHOLE).format(value);
}

/** The goal of a figure; empty where it has none. */
export function goalOf({ goal, compare, unit }: MeasuredFigure): string {
  return goal ? `${boundOf(goal)}${unitOf(compare, unit)}` : '';
}

/** What it came to, and between which bounds. */
export function valueOf(figure: MeasuredFigure): string {
  const result = resultOf(figure);
  if (!result) return '';
  const { value, low, high }: Result = result;
  const unit = unitOf(figure.compare, figure.unit);
  return `${number(value)}${unit} (${number(low)} to ${number(high)})`;
}

function boundOf({ atMost, atLeast }: Goal): string {
  return atMost === undefined ? `≥ ${number(atLeast!)}` : `≤ ${number(atMost)}`;
}

function unitOf(compare: MeasuredFigure['compare'], unit: string): string {
  return compare === 'ratio' ? ' x' : ` ${unit}`;
}
