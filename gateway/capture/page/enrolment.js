// Enrolment: a key that never leaves this phone, and a proof that the phone holds it.

import { hex } from "./cose.js";

export class Refused extends Error {}

// Redeem the token; gives the identity. A request whose answer was lost may be repeated: the key is kept before.
export async function enrol(journal, token) {
  let pending = await journal.meta("pending");
  if (pending?.token !== token) {
    const pair = await crypto.subtle.generateKey("Ed25519", false, ["sign", "verify"]);
    const kid = new TextEncoder().encode(`phone-${hex(crypto.getRandomValues(new Uint8Array(6)))}`);
    pending = { token, kid, pair };
    await journal.setMeta({ pending });
  }
  const { kid, pair } = pending;
  const publicKey = hex(new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey)));
  const signed = new TextEncoder().encode(`suyuan/v1/enrol\n${token}\n${hex(kid)}\n${publicKey}`);
  const proof = hex(new Uint8Array(await crypto.subtle.sign("Ed25519", pair.privateKey, signed)));
  const response = await fetch("/enrolments/redemption", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ token, kid: hex(kid), public_key: publicKey, proof }),
  });
  const answer = await response.json();
  if (!response.ok) throw new Refused(`${answer.detail} ${answer.fix ?? ""}`);
  const identity = { org: answer.org_id, reader: answer.reader_id, site: answer.site_id, kid, key: pair.privateKey };
  const before = await journal.meta("identity");
  const same = before?.org === identity.org && before?.reader === identity.reader;
  // A reader that has lost its journal goes on above every number that it can have counted to.
  const next = same ? await journal.meta("next") : Date.now() * 1000;
  await journal.setMeta({ identity, next, pending: null });
  return identity;
}
