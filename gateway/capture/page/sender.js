// Cuts, signs, sends and settles. One page at a time sends; what has no receipt is sent again, the same bytes.

import { digestOf, signedBatch } from "./cose.js";

const MOST_EVENTS = 100;
const FIRMWARE = "phone-1";
const CLOCK_BOUND_S = 60;
const FIRST_PAUSE_S = 2;
const LONGEST_PAUSE_S = 300;

export class Sender {
  // tell(state, detail): what goes on, as a slug of words.js; changed(): the journal has.
  constructor(journal, tell, changed) {
    this.journal = journal;
    this.tell = tell;
    this.changed = changed;
    this.pause = FIRST_PAUSE_S;
    this.timer = 0;
  }

  // Send what there is; returns once nothing more can be done now.
  async flush() {
    clearTimeout(this.timer);
    await navigator.locks.request("suyuan-reader", { ifAvailable: true }, async (lock) => {
      if (!lock) return this.#later(FIRST_PAUSE_S);
      await this.#cut();
      const batches = await this.journal.batches();
      if (!batches.length) return this.tell("state.empty");
      this.tell("state.sending");
      for (const batch of batches) {
        const wait = await this.#send(batch);
        if (wait) return this.#later(wait);
        this.pause = FIRST_PAUSE_S;
        await this.changed();
      }
      const left = await this.journal.figures();
      if (left.waiting) return this.#later(0.1);
      return this.tell("state.empty");
    });
  }

  async #cut() {
    for (;;) {
      const { keys, events } = await this.journal.scans(MOST_EVENTS);
      // Offline, age is no reason to cut: a day without a network would end in hundreds of tiny batches.
      if (!events.length || (events.length < MOST_EVENTS && !navigator.onLine)) return;
      const who = await this.journal.meta("identity");
      const sequence = await this.journal.meta("next");
      const message = await signedBatch(who, {
        sequence, sentAt: Date.now() * 1000, clockBound: CLOCK_BOUND_S, firmware: FIRMWARE, events,
      });
      const { org, reader } = who;
      await this.journal.cut({ sequence, org, reader, digest: await digestOf(message), message, events: events.length }, keys);
    }
  }

  // 0 when the batch has its receipt, otherwise the seconds to wait.
  async #send(batch) {
    let response;
    try {
      response = await fetch(`/capture/${batch.org}/${batch.reader}`, {
        method: "POST", body: batch.message, headers: { "Content-Type": "application/cose" }, cache: "no-store",
      });
      const answer = await response.json();
      if (response.ok && answer.digest === batch.digest) {
        await this.journal.settle(batch, answer);
        return 0;
      }
      if (response.status < 500) this.tell("state.refusal", answer.detail ?? String(response.status));
      else this.tell("state.later");
    } catch {
      this.tell(navigator.onLine ? "state.later" : "state.offline");
    }
    const asked = Number(response?.headers.get("Retry-After") ?? 0);
    const wait = Math.max(asked, this.pause * (0.75 + Math.random() / 2));
    this.pause = Math.min(2 * this.pause, LONGEST_PAUSE_S);
    return wait;
  }

  #later(seconds) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.flush(), 1000 * seconds);
  }
}
