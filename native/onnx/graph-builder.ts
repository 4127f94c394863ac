/**
 * Builds ONNX models in memory. Weights stay where they are: `external` declares an initializer by file, offset and
 * length, and ONNX Runtime maps it from the .safetensors file.
 *
 *     const g = new GraphBuilder();
 *     const x = g.input('x', 'float32', ['rows', 64]);
 *     g.output('y', g.op('Relu', [x]), 'float32', ['rows', 64]);
 *     const bytes = g.build();
 *
 * Field numbers are those of onnx.proto (IR version 10, opset 21).
 */
import { ProtobufWriter } from './protobuf-writer.ts';

declare const valueBrand: unique symbol;
/** A value in the graph: the name of an input, initializer or node output. */
export type Value = string & { readonly [valueBrand]: true };
/** Stands for an optional input that is not given. */
export const ABSENT = '' as Value;

export type OnnxDtype = 'float64' | 'float32' | 'float16' | 'bfloat16' | 'int64' | 'int32' | 'bool';
/** A fixed size or the name of a symbolic dimension. */
export type Dimension = number | string;
/** Numbers are written as `int`; wrap a float attribute as `{ float }`. */
export type Attribute = number | { readonly float: number } | string | readonly number[] | Subgraph;

/** A finished graph inside another one, as a branch of an `If`. */
interface Subgraph {
  readonly graph: Uint8Array;
}

/** What a branch answers. */
export interface BranchOutput {
  readonly name: string;
  readonly dtype: OnnxDtype;
  readonly shape: readonly Dimension[];
}

/** Where an external initializer lies, relative to the session's external data folder. */
export interface ExternalData {
  readonly file: string;
  readonly offset: number;
  readonly byteLength: number;
}

const DTYPE_CODES: Record<OnnxDtype, number> = {
  float32: 1,
  int32: 6,
  int64: 7,
  bool: 9,
  float16: 10,
  float64: 11,
  bfloat16: 16,
};
const ATTRIBUTE_FLOAT = 1;
const ATTRIBUTE_INT = 2;
const ATTRIBUTE_STRING = 3;
const ATTRIBUTE_GRAPH = 5;
const ATTRIBUTE_INTS = 7;
const IR_VERSION = 10;
const OPSET_VERSION = 21;
/** Operator domains other than ONNX's own, with the version of each that graphs are written for. */
const DOMAIN_VERSIONS = { 'com.microsoft': 1 } as const;
/** '' is ONNX's own. */
export type Domain = '' | keyof typeof DOMAIN_VERSIONS;

/** Shared by a graph and its branches: no name may be used twice in all of them. */
interface Scope {
  readonly names: Set<string>;
  readonly domains: Set<keyof typeof DOMAIN_VERSIONS>;
  counter: number;
}

export class GraphBuilder {
  readonly #graph = new ProtobufWriter();
  readonly #initializers = new Map<string, Value>();
  readonly #scope: Scope;

  /** A graph of its own; `scope` is given to branches. */
  constructor(scope: Scope = { names: new Set(), domains: new Set(), counter: 0 }) {
    this.#scope = scope;
  }

  input(name: string, dtype: OnnxDtype, shape: readonly Dimension[]): Value {
    this.#claim(name);
    this.#graph.bytes(11, valueInfo(name, dtype, shape));
    return name as Value;
  }

  /** Declares an output under a public name; an Identity node renames the value. */
  output(name: string, value: Value, dtype: OnnxDtype, shape: readonly Dimension[]): void {
    this.#claim(name);
    this.#node('Identity', [value], [name], {}, '');
    this.#graph.bytes(12, valueInfo(name, dtype, shape));
  }

  op(type: string, inputs: readonly Value[], attributes: Readonly<Record<string, Attribute>> = {}): Value {
    return this.ops(type, inputs, 1, attributes)[0]!;
  }

  /** A node with several outputs, also of another domain than ONNX's own. */
  ops(
    type: string,
    inputs: readonly Value[],
    outputs: number,
    attributes: Readonly<Record<string, Attribute>> = {},
    domain: Domain = '',
  ): Value[] {
    const names = Array.from({ length: outputs }, () => this.#fresh(type));
    this.#node(type, inputs, names, attributes, domain);
    return names as Value[];
  }

  /**
   * The values of one of several bodies, chosen when the graph runs by the int64 scalar `which`, from `first` to
   * `end` - 1: nested `If`s, of which only the chosen body is computed. Bodies use values of this graph freely and build
   * everything else, weights too, with their own builder.
   */
  select(
    which: Value,
    [first, end]: readonly [first: number, end: number],
    outputs: readonly BranchOutput[],
    body: (branch: GraphBuilder, index: number) => readonly Value[],
  ): readonly Value[] {
    if (end - first === 1) return body(this, first);
    const middle = Math.floor((first + end) / 2);
    const branch = (range: readonly [number, number]): Subgraph => {
      const graph = new GraphBuilder(this.#scope);
      const values = graph.select(which, range, outputs, body);
      for (const [at, { name, dtype, shape }] of outputs.entries()) {
        graph.output(graph.#fresh(name), values[at]!, dtype, shape);
      }
      return { graph: graph.#graphWithName(graph.#fresh('branch')) };
    };
    const isBelow = this.op('Less', [which, this.int(middle)]);
    return this.ops('If', [isBelow], outputs.length, {
      then_branch: branch([first, middle]),
      else_branch: branch([middle, end]),
    });
  }

  /** A float constant: a scalar, or a vector where an array is given. Equal constants are shared. */
  float(value: number | readonly number[]): Value {
    const values = typeof value === 'number' ? [value] : value;
    return this.#constant(
      'float32',
      new Uint8Array(new Float32Array(values).buffer),
      typeof value === 'number' ? [] : [values.length],
    );
  }

  /** An int64 constant: a scalar, or a vector where an array is given. */
  int(value: number | readonly number[]): Value {
    const values = typeof value === 'number' ? [value] : value;
    const data = new BigInt64Array(values.map((item) => BigInt(item)));
    return this.#constant('int64', new Uint8Array(data.buffer), typeof value === 'number' ? [] : [values.length]);
  }

  external(name: string, dtype: OnnxDtype, shape: readonly number[], data: ExternalData): Value {
    const known = this.#initializers.get(name);
    if (known !== undefined) return known;
    this.#claim(name);
    const tensor = tensorHead(name, dtype, shape);
    for (const [key, text] of [
      ['location', data.file],
      ['offset', String(data.offset)],
      ['length', String(data.byteLength)],
    ] as const) {
      tensor.bytes(13, new ProtobufWriter().bytes(1, key).bytes(2, text));
    }
    tensor.varint(14, 1); // data_location = EXTERNAL
    this.#graph.bytes(5, tensor);
    this.#initializers.set(name, name as Value);
    return name as Value;
  }

  build(name = 'headscope'): Uint8Array {
    const model = new ProtobufWriter()
      .varint(1, IR_VERSION)
      .bytes(2, 'headscope')
      .bytes(7, this.#graphWithName(name))
      .bytes(8, new ProtobufWriter().bytes(1, '').varint(2, OPSET_VERSION));
    for (const domain of this.#scope.domains) {
      model.bytes(8, new ProtobufWriter().bytes(1, domain).varint(2, DOMAIN_VERSIONS[domain]));
    }
    return model.finish();
  }

  #graphWithName(name: string): Uint8Array {
    const head = new ProtobufWriter().bytes(2, name).finish();
    const body = this.#graph.finish();
    const all = new Uint8Array(head.length + body.length);
    all.set(head);
    all.set(body, head.length);
    return all;
  }

  #constant(dtype: OnnxDtype, data: Uint8Array, shape: readonly number[]): Value {
    const key = `${dtype}:${shape.join('x')}:${data.join(',')}`;
    const known = this.#initializers.get(key);
    if (known !== undefined) return known;
    const name = this.#fresh('const');
    this.#graph.bytes(5, tensorHead(name, dtype, shape).bytes(9, data));
    this.#initializers.set(key, name as Value);
    return name as Value;
  }

  #node(
    type: string,
    inputs: readonly string[],
    outputs: readonly string[],
    attributes: Readonly<Record<string, Attribute>>,
    domain: Domain,
  ): void {
    const node = new ProtobufWriter();
    for (const input of inputs) node.bytes(1, input);
    for (const output of outputs) node.bytes(2, output);
    node.bytes(3, `${outputs[0] ?? ''}/node`).bytes(4, type);
    for (const [name, value] of Object.entries(attributes)) node.bytes(5, attribute(name, value));
    if (domain !== '') {
      node.bytes(7, domain);
      this.#scope.domains.add(domain);
    }
    this.#graph.bytes(1, node);
  }

  #fresh(stem: string): string {
    return `${stem}_${this.#scope.counter++}`;
  }

  #claim(name: string): void {
    if (this.#scope.names.has(name)) throw new Error(`Invariant broken: graph name ${name} is used twice`);
    this.#scope.names.add(name);
  }
}

function attribute(name: string, value: Attribute): ProtobufWriter {
  const writer = new ProtobufWriter().bytes(1, name);
  if (typeof value === 'number') return writer.varint(3, value).varint(20, ATTRIBUTE_INT);
  if (typeof value === 'string') return writer.bytes(4, value).varint(20, ATTRIBUTE_STRING);
  if ('graph' in value) return writer.bytes(6, value.graph).varint(20, ATTRIBUTE_GRAPH);
  if ('float' in value) return writer.float(2, value.float).varint(20, ATTRIBUTE_FLOAT);
  for (const item of value) writer.varint(8, item);
  return writer.varint(20, ATTRIBUTE_INTS);
}

function tensorHead(name: string, dtype: OnnxDtype, shape: readonly number[]): ProtobufWriter {
  const tensor = new ProtobufWriter();
  for (const size of shape) tensor.varint(1, size);
  return tensor.varint(2, DTYPE_CODES[dtype]).bytes(8, name);
}

function valueInfo(name: string, dtype: OnnxDtype, shape: readonly Dimension[]): ProtobufWriter {
  const dims = new ProtobufWriter();
  for (const size of shape) {
    const dim = new ProtobufWriter();
    if (typeof size === 'number') dim.varint(1, size);
    else dim.bytes(2, size);
    dims.bytes(1, dim);
  }
  const tensorType = new ProtobufWriter().varint(1, DTYPE_CODES[dtype]).bytes(2, dims);
  return new ProtobufWriter().bytes(1, name).bytes(2, new ProtobufWriter().bytes(1, tensorType));
}
