/** Writes zip files by hand, also ones that no honest program would write. */
import { crc32, deflateRawSync } from 'node:zlib';

export interface RawEntry {
  readonly name: string;
  readonly data?: Uint8Array | string;
  /** 0 = stored, 8 = deflated; others claim to be something else. */
  readonly method?: number;
  readonly flags?: number;
  /** Upper half: Unix mode. */
  readonly attributes?: number;
  /** What the directory claims, where that is not the truth. */
  readonly claimedSize?: number;
  readonly claimedCompressed?: number;
  readonly claimedOffset?: number;
  readonly claimedCrc?: number;
  /** Extra field of the directory. */
  readonly extra?: Uint8Array;
}

export interface RawEnd {
  readonly claimedEntries?: number;
  readonly claimedDirectory?: number;
  /** Offset of a Zip64 end record, which need not be there. */
  readonly zip64Offset?: bigint;
  /** Written before the end of the file, at its own offset. */
  readonly zip64Record?: { readonly entries: bigint; readonly directory: bigint };
}

export function rawZip(entries: readonly RawEntry[], end: RawEnd = {}): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const entry of entries) {
    const plain = Buffer.from(entry.data ?? '');
    const method = entry.method ?? 0;
    const data = method === 8 ? deflateRawSync(plain) : plain;
    const name = Buffer.from(entry.name);
    const header = Buffer.alloc(30);
    header.writeUInt32LE(0x04034b50, 0);
    header.writeUInt16LE(method, 8);
    header.writeUInt16LE(name.length, 26);
    parts.push(header, name, data);
    directory.push(directoryRecord(entry, plain, data, offset), name, Buffer.from(entry.extra ?? []));
    offset += header.length + name.length + data.length;
  }
  const records = Buffer.concat(directory);
  return Buffer.concat([...parts, records, endRecords(entries.length, records.length, offset, end)]);
}

function directoryRecord(entry: RawEntry, plain: Buffer, data: Buffer, offset: number): Buffer {
  const record = Buffer.alloc(46);
  record.writeUInt32LE(0x02014b50, 0);
  record.writeUInt16LE((3 << 8) | 63, 4);
  record.writeUInt16LE(0x800 | (entry.flags ?? 0), 8);
  record.writeUInt16LE(entry.method ?? 0, 10);
  record.writeUInt32LE(entry.claimedCrc ?? crc32(plain), 16);
  record.writeUInt32LE(entry.claimedCompressed ?? data.length, 20);
  record.writeUInt32LE(entry.claimedSize ?? plain.length, 24);
  record.writeUInt16LE(Buffer.byteLength(entry.name), 28);
  record.writeUInt16LE(entry.extra?.length ?? 0, 30);
  record.writeUInt32LE(entry.attributes ?? 0, 38);
  record.writeUInt32LE(entry.claimedOffset ?? offset, 42);
  return record;
}

function endRecords(count: number, length: number, offset: number, end: RawEnd): Buffer {
  const parts: Buffer[] = [];
  if (end.zip64Record) {
    const record = Buffer.alloc(56);
    record.writeUInt32LE(0x06064b50, 0);
    record.writeBigUInt64LE(end.zip64Record.entries, 32);
    record.writeBigUInt64LE(end.zip64Record.directory, 48);
    parts.push(record);
  }
  if (end.zip64Offset !== undefined || end.zip64Record) {
    const locator = Buffer.alloc(20);
    locator.writeUInt32LE(0x07064b50, 0);
    locator.writeBigUInt64LE(end.zip64Offset ?? BigInt(offset + length), 8);
    parts.push(locator);
  }
  const record = Buffer.alloc(22);
  record.writeUInt32LE(0x06054b50, 0);
  record.writeUInt16LE((end.claimedEntries ?? count) & 0xffff, 8);
  record.writeUInt16LE((end.claimedEntries ?? count) & 0xffff, 10);
  record.writeUInt32LE(length, 12);
  record.writeUInt32LE(end.claimedDirectory ?? offset, 16);
  return Buffer.concat([...parts, record]);
}
