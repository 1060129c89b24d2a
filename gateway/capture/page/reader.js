// The page: enrols, scans by camera or paste, journals, and lets the sender do the rest.

import { Refused, enrol } from "./enrolment.js";
import { Journal } from "./journal.js";
import { Sender } from "./sender.js";
import { STEPS, say, switchLanguage, translate } from "./words.js";

const SAME_CODE_MS = 3000;
const OLDEST_FIX_MS = 60_000;
const $ = (id) => document.getElementById(id);

let journal;
let sender;
let identity;
let state = ["state.empty"];
let fix;

function notice(text) {
  $("notice").textContent = text ?? "";
  $("notice").hidden = !text;
}

function tell(...news) {
  state = news;
  $("connection").textContent = say(news[0]) + (news[1] ?? "");
}

async function show() {
  const figures = await journal.figures();
  $("enrolment").hidden = Boolean(identity);
  $("scanning").hidden = $("journal").hidden = !identity;
  $("waiting").textContent = figures.waiting;
  $("stored").textContent = figures.stored;
  $("refused").textContent = figures.rejected;
  $("who").textContent = identity ? `${identity.org}/${identity.reader}` : "";
  const reasons = figures.refused.flatMap(({ receipt }) => receipt.rejections);
  $("refusals").replaceChildren(...reasons.map(({ reason, detail }) => {
    const line = document.createElement("li");
    line.textContent = `${reason}: ${detail}`;
    return line;
  }));
}

function speak() {
  translate();
  const chosen = $("step").value || STEPS[0];
  $("step").replaceChildren(...STEPS.map((step) => new Option(say(`step.${step}`), step, false, step === chosen)));
  tell(...state);
}

async function record(code) {
  const now = Date.now();
  const event = { item: code, occurred_at: now * 1000, biz_step: $("step").value };
  const east = -new Date().getTimezoneOffset();
  if (east) event.offset_minutes = east;
  if (identity.site) event.read_point = identity.site;
  if (fix && now - fix.timestamp < OLDEST_FIX_MS) {
    const { latitude, longitude, accuracy } = fix.coords;
    Object.assign(event, { latitude, longitude, radius_m: accuracy, source: accuracy <= 1000 ? "gps" : "coarse" });
  }
  try {
    await journal.addScan(event);
  } catch (error) {
    notice(say("problem.journal") + code);
    throw error;
  }
  notice();
  await show();
  await sender.flush();
  await show();
}

async function onEnrol(submitted) {
  submitted.preventDefault();
  try {
    identity = await enrol(journal, $("token").value.trim());
    $("token").value = "";
    notice();
    await navigator.storage?.persist?.();
  } catch (error) {
    notice(error instanceof Refused ? error.message : say("problem.network"));
  }
  await show();
}

async function onScan(submitted) {
  submitted.preventDefault();
  const code = $("code").value.trim();
  $("code").value = "";
  if (code) await record(code);
}

let stopCamera;

async function onCamera() {
  if (stopCamera) return stopCamera();
  const video = $("camera");
  const stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
  video.srcObject = stream;
  video.hidden = false;
  await video.play();
  $("camera-switch").textContent = say("scan.stop");
  const detector = new BarcodeDetector({ formats: ["qr_code", "data_matrix"] });
  const seen = new Map();
  const timer = setInterval(async () => {
    for (const { rawValue } of await detector.detect(video).catch(() => [])) {
      const before = seen.get(rawValue) ?? 0;
      seen.set(rawValue, Date.now());
      if (Date.now() - before > SAME_CODE_MS) {
        navigator.vibrate?.(60);
        await record(rawValue);
      }
    }
  }, 250);
  stopCamera = () => {
    clearInterval(timer);
    for (const track of stream.getTracks()) track.stop();
    video.hidden = true;
    $("camera-switch").textContent = say("scan.camera");
    stopCamera = undefined;
  };
}

let watch;

function onPosition() {
  if (watch !== undefined) navigator.geolocation.clearWatch(watch);
  watch = fix = undefined;
  if (!$("position").checked) return;
  watch = navigator.geolocation.watchPosition((found) => { fix = found; }, () => { $("position").checked = false; }, {
    enableHighAccuracy: true,
  });
}

async function flush() {
  if (!identity) return;
  await sender.flush();
  await show();
}

async function main() {
  speak();
  $("language").addEventListener("click", () => { switchLanguage(); speak(); });
  try {
    journal = await Journal.open();
    await crypto.subtle.generateKey("Ed25519", false, ["sign", "verify"]);
  } catch {
    return notice(say("problem.browser"));
  }
  sender = new Sender(journal, tell, show);
  identity = await journal.meta("identity");
  $("enrol-form").addEventListener("submit", onEnrol);
  $("scan-form").addEventListener("submit", onScan);
  $("send").addEventListener("click", flush);
  $("again").addEventListener("click", () => { $("enrolment").hidden = false; $("token").focus(); });
  $("position").addEventListener("change", onPosition);
  $("camera-switch").hidden = !("BarcodeDetector" in window && navigator.mediaDevices);
  $("camera-switch").addEventListener("click", () => onCamera().catch((error) => notice(say("problem.camera") + error.message)));
  addEventListener("online", flush);
  addEventListener("offline", () => tell("state.offline"));
  await show();
  // A link or QR code of the operator's may bring the token along: a fragment is never sent to a server.
  if (location.hash.startsWith("#enrol_")) {
    $("token").value = location.hash.slice(1);
    $("enrolment").hidden = false;
    history.replaceState(null, "", location.pathname);
  }
  await flush();
  await navigator.serviceWorker?.register("offline.js");
}

main();
