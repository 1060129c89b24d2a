// Checks a signed code here, in the browser, with the published keys: after they are loaded no network is needed.
(() => {
  const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
  const SIGNATURE = 103; // base-32 characters of 64 bytes
  const form = document.getElementById("offline");
  const field = document.getElementById("code");
  const send = form.querySelector("button[type=submit]");
  const camera = document.getElementById("camera");
  const view = document.getElementById("view");
  const keysLine = document.getElementById("keys");
  const answer = document.getElementById("answer");
  const text = (slug) => form.getAttribute(`data-${slug}`);
  let keys = null;

  // Crockford's base 32: case and look-alikes that a phone or a person introduced are undone.
  const normal = (code) => code.toUpperCase().replace(/[IL]/g, "1").replace(/O/g, "0");

  const base32 = (spelled) => {
    if (spelled.length !== SIGNATURE) return null;
    const bytes = new Uint8Array(64);
    let bits = 0, held = 0, at = 0;
    for (const character of spelled) {
      const value = ALPHABET.indexOf(character);
      if (value < 0) return null;
      held = (held << 5) | value;
      bits += 5;
      if (bits >= 8) {
        bits -= 8;
        bytes[at++] = held >> bits;
        held &= (1 << bits) - 1;
      }
    }
    return held === 0 ? bytes : null; // the padding is zero: there is one spelling of a signature
  };

  const base64url = (spelled) => {
    try {
      const raw = atob(spelled.replace(/-/g, "+").replace(/_/g, "/"));
      const again = btoa(raw).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
      return again === spelled ? Uint8Array.from(raw, (character) => character.charCodeAt(0)) : null;
    } catch {
      return null;
    }
  };

  // Modulo 10 with weights 3 and 1 from the right (GS1 General Specifications, section 7.9).
  const hasCheckDigit = (gtin) => {
    let sum = 0;
    for (let at = 0; at < 13; at++) sum += Number(gtin[at]) * (at % 2 === 0 ? 3 : 1);
    return (10 - (sum % 10)) % 10 === Number(gtin[13]);
  };

  // GTIN, serial and signature of a Digital Link URI, or of an element string with its AIs in brackets; null if none.
  const read = (typed) => {
    const code = typed.trim();
    const elements = /^\(01\)(\d{14})\(21\)([^()]+)(?:\(8030\)([\w-]+))?$/.exec(code);
    if (elements) return { gtin: elements[1], serial: elements[2], kid: elements[3]?.slice(0, 2), signature: elements[3] ? base64url(elements[3].slice(2)) : undefined };
    let path = code, query = "";
    if (/^[a-z]+:\/\//i.test(code)) {
      try {
        const url = new URL(code);
        path = url.pathname;
        query = url.search;
      } catch {
        return null;
      }
    } else {
      [path, query = ""] = code.split("#")[0].split("?");
    }
    const found = /^(.*)\/01\/(\d{8}|\d{12,14})(?:\/22\/[^/]+)?(?:\/10\/[^/]+)?\/21\/([^/]+)\/?$/.exec(path);
    if (!found) return null;
    const unit = { gtin: found[2].padStart(14, "0"), serial: found[3], kid: undefined, signature: undefined };
    const stem = normal(found[1].split("/").pop());
    const extra = new URLSearchParams(query).get("8030");
    if (stem.length > 64) {
      unit.kid = stem.slice(0, 2);
      unit.signature = base32(stem.slice(2));
    } else if (extra !== null) {
      unit.kid = extra.slice(0, 2);
      unit.signature = base64url(extra.slice(2));
    }
    return unit;
  };

  // Who owns a GTIN: the longest published company prefix behind its indicator digit.
  const ownerOf = (gtin) => {
    let owner = null, longest = 0;
    for (const key of keys.values()) {
      for (const prefix of key.gtin_prefixes) {
        if (prefix.length > longest && gtin.startsWith(prefix, 1)) [owner, longest] = [key.org, prefix.length];
      }
    }
    return owner;
  };

  const judge = async (unit) => {
    if (!unit || !hasCheckDigit(unit.gtin)) return { word: "unreadable" };
    if (unit.kid === undefined) return { word: "unsigned" };
    const key = keys.get(unit.kid);
    if (!key || key.org !== ownerOf(unit.gtin)) return { word: "unknown-key" };
    if (!unit.signature) return { word: "bad-signature", key };
    const serial = unit.serial.length === 20 ? normal(unit.serial) : unit.serial;
    const signed = new TextEncoder().encode(`suyuan/v1/code\n${unit.kid}\n(01)${unit.gtin}(21)${serial}`);
    const holds = await crypto.subtle.verify("Ed25519", key.crypto, unit.signature, signed);
    if (!holds) return { word: "bad-signature", key };
    return { word: key.revoked_at ? "revoked-key" : "signed", key };
  };

  const check = async () => {
    const { word, key } = await judge(read(field.value));
    answer.dataset.word = word;
    document.getElementById("word").textContent = text(word).split("|")[0];
    let detail = text(word).split("|")[1] || "";
    if (word === "signed") {
      detail += ` ${text("signed-by").replace("[org]", key.org)}`;
      detail += ` ${text("valid").replace("[from]", key.not_before.slice(0, 10)).replace("[until]", key.not_after.slice(0, 10))}`;
    }
    document.getElementById("detail").textContent = detail;
    answer.hidden = false;
  };

  const load = async () => {
    if (!globalThis.crypto?.subtle) return text("no-crypto");
    keysLine.textContent = text("loading");
    try {
      const set = await (await fetch("/.well-known/jwks.json")).json();
      const imported = await Promise.all(set.keys.map(async (key) => [key.kid, {
        ...key,
        crypto: await crypto.subtle.importKey("jwk", { kty: key.kty, crv: key.crv, x: key.x }, "Ed25519", false, ["verify"]),
      }]));
      keys = new Map(imported);
    } catch (error) {
      return text(error.name === "NotSupportedError" ? "no-crypto" : "no-keys");
    }
    send.disabled = false;
    return text("ready").replace("[count]", keys.size);
  };

  const look = async () => {
    const detector = new BarcodeDetector({ formats: ["qr_code", "data_matrix"] });
    try {
      view.srcObject = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
    } catch {
      keysLine.textContent = text("camera-failed");
      return;
    }
    view.hidden = false;
    keysLine.textContent = text("camera-on");
    await view.play();
    const next = async () => {
      const [seen] = await detector.detect(view).catch(() => []);
      if (!seen) {
        requestAnimationFrame(next);
        return;
      }
      for (const track of view.srcObject.getTracks()) track.stop();
      view.hidden = true;
      field.value = seen.rawValue;
      await check();
    };
    next();
  };

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (keys) check();
  });
  if ("BarcodeDetector" in globalThis && navigator.mediaDevices) {
    camera.hidden = false;
    camera.addEventListener("click", look);
  }
  load().then((line) => { keysLine.textContent = line; });
})();
