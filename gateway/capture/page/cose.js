// COSE_Sign1 (RFC 9052) around a batch in CBOR (RFC 8949), as docs/protocol.md says in sections 4 and 5.

const text = new TextEncoder();

export const EVENT_KEYS = [
  "item", "occurred_at", "biz_step", "action", "disposition", "offset_minutes", "read_point", "latitude", "longitude",
  "radius_m", "source", "audience", "handset", "children", "destination",
];

export const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

function joined(parts) {
  const whole = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function head(major, number) {
  const lead = major << 5;
  if (number < 24) return Uint8Array.of(lead | number);
  const size = number < 2 ** 8 ? 1 : number < 2 ** 16 ? 2 : number < 2 ** 32 ? 4 : 8;
  const bytes = new Uint8Array(1 + size);
  const view = new DataView(bytes.buffer);
  bytes[0] = lead | (24 + Math.log2(size));
  if (size === 1) view.setUint8(1, number);
  else if (size === 2) view.setUint16(1, number);
  else if (size === 4) view.setUint32(1, number);
  else view.setBigUint64(1, BigInt(number));
  return bytes;
}

export function encode(value) {
  if (Number.isSafeInteger(value)) return value < 0 ? head(1, -1 - value) : head(0, value);
  if (typeof value === "number") {
    const bytes = new Uint8Array(9);
    bytes[0] = 0xfb;
    new DataView(bytes.buffer).setFloat64(1, value);
    return bytes;
  }
  if (typeof value === "string") {
    const bytes = text.encode(value);
    return joined([head(3, bytes.length), bytes]);
  }
  if (value instanceof Uint8Array) return joined([head(2, value.length), value]);
  if (Array.isArray(value)) return joined([head(4, value.length), ...value.map(encode)]);
  if (value instanceof Map) return joined([head(5, value.size), ...[...value].flat().map(encode)]);
  throw new TypeError(`CBOR has no form here for ${typeof value}`);
}

function eventMap(event) {
  return new Map(EVENT_KEYS.map((name, index) => [index + 1, event[name]]).filter(([, value]) => value !== undefined));
}

// The signed message: who (org, reader, kid, key), the sequence, microseconds, seconds, and the events.
export async function signedBatch(who, { sequence, sentAt, clockBound, firmware, events }) {
  const payload = encode(new Map([
    [1, 1], [2, who.org], [3, who.reader], [4, sequence], [5, sentAt], [6, clockBound], [7, events.map(eventMap)],
    [8, firmware],
  ]));
  const header = encode(new Map([[1, -8], [3, 60], [4, who.kid]]));
  const signed = encode(["Signature1", header, new Uint8Array(), payload]);
  const signature = new Uint8Array(await crypto.subtle.sign("Ed25519", who.key, signed));
  return joined([Uint8Array.of(0xd2), encode([header, new Map(), payload, signature])]);
}

export async function digestOf(message) {
  return hex(new Uint8Array(await crypto.subtle.digest("SHA-256", message)));
}
