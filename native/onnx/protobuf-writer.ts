/**
 * The four protobuf wire primitives that an ONNX model needs. Fields are written in call order; lengths of nested
 * messages are known because a nested message is finished before it is embedded.
 */
export class ProtobufWriter {
  #bytes = new Uint8Array(1024);
  #length = 0;

  /** Field of wire type 0: int32, int64, enum. Negative numbers take ten bytes, as the format demands. */
  varint(field: number, value: number | bigint): this {
    this.#rawVarint(BigInt(field) << 3n);
    this.#rawVarint(BigInt.asUintN(64, BigInt(value)));
    return this;
  }

  /** Field of wire type 5: a 32-bit float. */
  float(field: number, value: number): this {
    this.#rawVarint((BigInt(field) << 3n) | 5n);
    this.#reserve(4);
    new DataView(this.#bytes.buffer).setFloat32(this.#length, value, true);
    this.#length += 4;
    return this;
  }

  /** Field of wire type 2: bytes, a string, or an embedded message. */
  bytes(field: number, value: Uint8Array | string | ProtobufWriter): this {
    const data =
      typeof value === 'string'
        ? new TextEncoder().encode(value)
        : value instanceof ProtobufWriter
          ? value.finish()
          : value;
    this.#rawVarint((BigInt(field) << 3n) | 2n);
    this.#rawVarint(BigInt(data.length));
    this.#reserve(data.length);
    this.#bytes.set(data, this.#length);
    this.#length += data.length;
    return this;
  }

  finish(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }

  #rawVarint(value: bigint): void {
    this.#reserve(10);
    let rest = value;
    while (rest > 0x7fn) {
      this.#bytes[this.#length++] = Number(rest & 0x7fn) | 0x80;
      rest >>= 7n;
    }
    this.#bytes[this.#length++] = Number(rest);
  }

  #reserve(extra: number): void {
    if (this.#length + extra <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(this.#bytes.length * 2, this.#length + extra));
    grown.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = grown;
  }
}
