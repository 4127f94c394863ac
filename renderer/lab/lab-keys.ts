import type { HeadId } from '../../shared/model/head-id.ts';
import type { DecodeRecord, LabRecord, LabTaskRecord } from '../../shared/model/lab.ts';
import type { MethodInfo } from '../../shared/model/method.ts';
import type { KeptRows, MethodKey, MethodRow, MethodStep } from '../../shared/model/method-views.ts';
import type { DataKey } from '../engine/data-cache.ts';
import type { LabTokens } from './lab-requests.ts';

/** Methods that there are. */
export const METHODS_KEY: DataKey<readonly MethodInfo[]> = 'methods';

/** A comparison on the prompt. Stays until another takes its place; so do the next two. */
export function labKey(id: string): DataKey<LabRecord> {
  return `lab/${id}`;
}

export function labTaskKey(id: string): DataKey<LabTaskRecord> {
  return `lab-task/${id}`;
}

export function decodeKey(id: string): DataKey<DecodeRecord> {
  return `decode/${id}`;
}

/** How an answer is split behind a prompt; `source`: that prompt and the answer, as text. */
export function answerKey(modelId: string, source: string): DataKey<LabTokens> {
  return `lab-answer/${modelId}/${source}`;
}

/** Keys that two methods both read over those that either reads, [layers x heads]; the order does not matter. */
export function overlapKey(one: string, other: string): DataKey<Float64Array> {
  return `lab-overlap/${[one, other].sort().join('/')}`;
}

/** What a head read. Here and below the answer goes with what it is of: words beside numbers must be of the same. */
export interface HeadRows extends KeptRows, HeadId {}

/** What a head read under a method; all of the following are gone with the trace. */
export function keptRowsKey(trace: string, layer: number, head: number): DataKey<HeadRows> {
  return `kept/${trace}/rows/${layer}/${head}`;
}

export function methodRowKey(trace: string, layer: number, head: number, query: number): DataKey<MethodRow> {
  return `kept/${trace}/row/${layer}/${head}/${query}`;
}

export interface StepFound extends MethodStep {
  readonly query: number;
}

export function methodStepKey(trace: string, query: number): DataKey<StepFound> {
  return `kept/${trace}/step/${query}`;
}

export interface KeyFound extends MethodKey {
  readonly query: number;
  readonly key: number;
}

export function methodKeyKey(trace: string, query: number, key: number): DataKey<KeyFound> {
  return `kept/${trace}/key/${query}/${key}`;
}
