/**
 * Writes and reads the sample record and no other: what code that was generated for its type would do. All strings go into one,
 * which is written and read by one call into Node each.
 */
import type { SampleRecord } from "../../work.ts";
import { RECORD_BYTES } from "./layout.ts";

interface Line {
  readonly sku: string;
  readonly title: string;
  readonly quantity: number;
  readonly price: number;
}
interface Order {
  readonly id: number;
  readonly kind: string;
  readonly customer: string;
  readonly email: string;
  readonly street: string;
  readonly city: string;
  readonly postcode: string;
  readonly country: string;
  readonly total: number;
  readonly tax: number;
  readonly currency: string;
  readonly paid: boolean;
  readonly note: string;
  readonly created: string;
  readonly updated: string;
  readonly coupon: null;
  readonly weightGrams: number;
  readonly position: { latitude: number; longitude: number; accuracyMetres: number };
  readonly lines: readonly Line[];
  readonly tags: readonly string[];
}

const raw = Buffer.prototype as unknown as {
  latin1Write(this: Buffer, text: string, at: number, length: number): number;
  latin1Slice(this: Buffer, start: number, end: number): string;
};

let bytes: Buffer = Buffer.alloc(0);
let view: DataView = new DataView(new ArrayBuffer(0));
let at = 0;
let text = "";
let cut = 0;

function begin(records: Buffer, slot: number): number {
  if (records !== bytes) {
    bytes = records;
    view = new DataView(records.buffer, records.byteOffset, records.byteLength);
  }
  at = slot * RECORD_BYTES;
  return at;
}

function putNumber(value: number): void {
  view.setFloat64(at, value, true);
  at += 8;
}

function putText(value: string): void {
  bytes[at++] = value.length;
  text += value;
}

function getNumber(): number {
  at += 8;
  return view.getFloat64(at - 8, true);
}

function getText(): string {
  const start = cut;
  cut += bytes[at++]!;
  return text.substring(start, cut);
}

export function writeRecord(records: Buffer, slot: number, record: SampleRecord): void {
  const start = begin(records, slot);
  const order = record as unknown as Order;
  at += 4;
  text = "";
  putNumber(order.id);
  putText(order.kind);
  putText(order.customer);
  putText(order.email);
  putText(order.street);
  putText(order.city);
  putText(order.postcode);
  putText(order.country);
  putNumber(order.total);
  putNumber(order.tax);
  putText(order.currency);
  bytes[at++] = order.paid ? 1 : 0;
  putText(order.note);
  putText(order.created);
  putText(order.updated);
  putNumber(order.weightGrams);
  putNumber(order.position.latitude);
  putNumber(order.position.longitude);
  putNumber(order.position.accuracyMetres);
  bytes[at++] = order.lines.length;
  for (const line of order.lines) {
    putText(line.sku);
    putText(line.title);
    putNumber(line.quantity);
    putNumber(line.price);
  }
  bytes[at++] = order.tags.length;
  for (const tag of order.tags) putText(tag);
  view.setUint16(start, at - start, true);
  view.setUint16(start + 2, text.length, true);
  raw.latin1Write.call(bytes, text, at, text.length);
}

function getLine(): Line {
  return { sku: getText(), title: getText(), quantity: getNumber(), price: getNumber() };
}

function getList<T>(get: () => T): T[] {
  const list: T[] = [];
  for (let left = bytes[at++]!; left > 0; left--) list.push(get());
  return list;
}

export function readRecord(records: Buffer, slot: number): SampleRecord {
  const start = begin(records, slot);
  const textStart = start + view.getUint16(start, true);
  text = raw.latin1Slice.call(bytes, textStart, textStart + view.getUint16(start + 2, true));
  cut = 0;
  at += 4;
  const order: Order = {
    id: getNumber(),
    kind: getText(),
    customer: getText(),
    email: getText(),
    street: getText(),
    city: getText(),
    postcode: getText(),
    country: getText(),
    total: getNumber(),
    tax: getNumber(),
    currency: getText(),
    paid: bytes[at++] === 1,
    note: getText(),
    created: getText(),
    updated: getText(),
    coupon: null,
    weightGrams: getNumber(),
    position: { latitude: getNumber(), longitude: getNumber(), accuracyMetres: getNumber() },
    lines: getList(getLine),
    tags: getList(getText),
  };
  return order as unknown as SampleRecord;
}
