// A small reader in JavaScript, written from docs/protocol.md alone: no packages, Node 18 or newer.
//
//   READER_PASSWORD=… node reader.mjs --host H --port P --user U --org O --reader R --kid K --key FILE.pem
//       --journal FILE.json [--seconds 30] < events.jsonl
//
// Standard input has one event a line (JSON names of section 5). They become one batch, which is kept in the journal
// until its receipt has come. Receipts go to standard output. Exit 0: every batch of the journal has its receipt.

import { createHash, createPrivateKey, randomInt, sign } from "node:crypto";
import { closeSync, existsSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from "node:fs";
import { connect } from "node:net";
import { parseArgs } from "node:util";

const TEXT = { type: "string" };
const { values: options } = parseArgs({
  options: {
    host: TEXT, port: TEXT, user: TEXT, org: TEXT, reader: TEXT, kid: TEXT, key: TEXT, journal: TEXT,
    seconds: { type: "string", default: "30" },
  },
});

// --- CBOR (RFC 8949), as much as a reader needs -------------------------------------------------------------------

function head(major, number) {
  if (number < 24) return Buffer.from([(major << 5) | number]);
  const size = number < 0x100 ? 1 : number < 0x10000 ? 2 : number < 0x100000000 ? 4 : 8;
  const bytes = Buffer.alloc(1 + size);
  bytes[0] = (major << 5) | (24 + Math.log2(size));
  if (size === 8) bytes.writeBigUInt64BE(BigInt(number), 1);
  else bytes.writeUIntBE(number, 1, size);
  return bytes;
}

function encode(value) {
  if (Number.isInteger(value)) return value < 0 ? head(1, -1 - value) : head(0, value);
  if (typeof value === "number") {
    const bytes = Buffer.alloc(9);
    bytes[0] = 0xfb;
    bytes.writeDoubleBE(value, 1);
    return bytes;
  }
  if (typeof value === "string") return Buffer.concat([head(3, Buffer.byteLength(value)), Buffer.from(value)]);
  if (Buffer.isBuffer(value)) return Buffer.concat([head(2, value.length), value]);
  if (Array.isArray(value)) return Buffer.concat([head(4, value.length), ...value.map(encode)]);
  if (value instanceof Map) {
    return Buffer.concat([head(5, value.size), ...[...value].flat().map(encode)]);
  }
  throw new TypeError(`can't encode ${value}`);
}

// --- Batches ------------------------------------------------------------------------------------------------------

const EVENT_KEYS = [
  "item", "occurred_at", "biz_step", "action", "disposition", "offset_minutes", "read_point", "latitude", "longitude",
  "radius_m", "source", "audience", "handset", "children",
  "destination",
];

function eventMap(event) {
  const pairs = Object.entries(event).map(([name, value]) => {
    const index = EVENT_KEYS.indexOf(name);
    if (index < 0) throw new Error(`there is no field ${name}`);
    return [index + 1, value];
  });
  return new Map(pairs.sort(([a], [b]) => a - b));
}

function signedBatch(events, sequence) {
  const payload = encode(new Map([
    [1, 1], [2, options.org], [3, options.reader], [4, sequence], [5, Date.now() * 1000], [6, 2],
    [7, events.map(eventMap)],
  ]));
  const header = encode(new Map([[1, -8], [3, 60], [4, Buffer.from(options.kid)]]));
  const key = createPrivateKey(readFileSync(options.key));
  const signature = sign(null, encode(["Signature1", header, Buffer.alloc(0), payload]), key);
  return Buffer.concat([Buffer.from([0xd2]), encode([header, new Map(), payload, signature])]);
}

// --- The journal: what has no receipt yet, and the next sequence --------------------------------------------------

function readJournal() {
  if (existsSync(options.journal)) return JSON.parse(readFileSync(options.journal, "utf8"));
  return { next: Date.now() * 1000, waiting: [] }; // a lost journal must not count again from the beginning
}

function writeJournal(journal) {
  const fresh = `${options.journal}.new`;
  const file = openSync(fresh, "w", 0o600);
  writeSync(file, JSON.stringify(journal));
  fsyncSync(file);
  closeSync(file);
  renameSync(fresh, options.journal);
}

const digestOf = (message) => createHash("sha256").update(message).digest("hex");

// --- MQTT 3.1.1 ---------------------------------------------------------------------------------------------------

function packet(type, ...parts) {
  const body = Buffer.concat(parts);
  const length = [];
  let rest = body.length;
  do {
    length.push((rest % 128) | (rest > 127 ? 128 : 0));
    rest = Math.floor(rest / 128);
  } while (rest > 0);
  return Buffer.concat([Buffer.from([type, ...length]), body]);
}

function field(value) {
  const bytes = Buffer.from(value);
  return Buffer.concat([short(bytes.length), bytes]);
}

const short = (number) => Buffer.from([number >> 8, number & 255]);
const topic = (channel) => `suyuan/v1/${options.org}/${options.reader}/${channel}`;

function* packets(state) {
  for (;;) {
    let length = 0, at = 1, shift = 0;
    for (;; shift += 7) {
      if (at >= state.buffer.length) return;
      const byte = state.buffer[at++];
      length += (byte & 127) * 2 ** shift;
      if (byte < 128) break;
    }
    if (state.buffer.length < at + length) return;
    yield { type: state.buffer[0] >> 4, flags: state.buffer[0] & 15, body: state.buffer.subarray(at, at + length) };
    state.buffer = state.buffer.subarray(at + length);
  }
}

// --- The reader ---------------------------------------------------------------------------------------------------

const journal = readJournal();
const events = readFileSync(0, "utf8").split("\n").filter((line) => line.trim()).map((line) => JSON.parse(line));
if (events.length) {
  const message = signedBatch(events, journal.next);
  journal.waiting.push({ digest: digestOf(message), message: message.toString("base64") });
  journal.next += 1;
  writeJournal(journal);
}

let packetId = 0;
let socket;

function publishAll() {
  for (const { message } of journal.waiting) {
    packetId = (packetId % 65535) + 1;
    socket.write(packet(0x32, field(topic("events")), short(packetId), Buffer.from(message, "base64")));
  }
}

function take(receipt) {
  const left = journal.waiting.filter(({ digest }) => digest !== receipt.digest);
  if (left.length === journal.waiting.length) return; // another batch's, or one that we had already
  process.stdout.write(`${JSON.stringify(receipt)}\n`);
  for (const each of receipt.rejections) process.stderr.write(`rejected: ${JSON.stringify(each)}\n`);
  journal.waiting = left;
  writeJournal(journal);
  if (!left.length) leave(0);
}

function leave(status) {
  socket.removeAllListeners("close");
  socket.on("close", () => process.exit(status));
  socket.write(packet(0x33, field(topic("status")), short(65534), Buffer.from("offline")));
  socket.end(packet(0xe0));
  setTimeout(() => process.exit(status), 1000);
}

function answer({ type, flags, body }) {
  if (type === 2) { // CONNACK
    if (body[1] !== 0) throw new Error(`the broker refuses the connection: code ${body[1]}`);
    socket.write(packet(0x82, short(1), field(topic("receipt")), Buffer.from([1])));
  } else if (type === 9) { // SUBACK
    if (body[2] === 0x80) throw new Error("the broker refuses the subscription to the receipts");
    socket.write(packet(0x33, field(topic("status")), short(65535), Buffer.from("online")));
    publishAll();
  } else if (type === 3) { // PUBLISH
    const end = 2 + body.readUInt16BE(0);
    const named = (flags & 6) !== 0;
    if (named) socket.write(packet(0x40, body.subarray(end, end + 2)));
    take(JSON.parse(body.subarray(end + (named ? 2 : 0)).toString()));
  }
}

function join() {
  const state = { buffer: Buffer.alloc(0) };
  socket = connect(Number(options.port), options.host, () => {
    // Flags: user name, password, will retained with QoS 1, will; the session is kept.
    socket.write(packet(0x10, field("MQTT"), Buffer.from([4, 0b11101100]), short(30),
      field(`${options.org}/${options.reader}`), field(topic("status")), field("offline"),
      field(options.user), field(process.env.READER_PASSWORD ?? "")));
  });
  socket.on("data", (data) => {
    state.buffer = Buffer.concat([state.buffer, data]);
    for (const each of packets(state)) answer(each);
  });
  socket.on("error", (error) => process.stderr.write(`${error.message}\n`));
  socket.on("close", () => setTimeout(join, 500 + randomInt(500)));
}

if (!journal.waiting.length) process.exit(0);
join();
setInterval(() => socket.readyState === "open" && socket.write(packet(0xc0)), 15_000);
setInterval(() => socket.readyState === "open" && publishAll(), 10_000);
setTimeout(() => {
  process.stderr.write(`${journal.waiting.length} batches without a receipt; they stay in the journal\n`);
  process.exit(1);
}, Number(options.seconds) * 1000);
