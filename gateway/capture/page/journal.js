// The journal in IndexedDB: a scan is kept before it is sent, a batch until its receipt has come. Keys live here too;
// the private one can be used, but not read, by anything in the page.

const STORES = { meta: {}, scan: { autoIncrement: true }, batch: { keyPath: "sequence" }, refused: { autoIncrement: true } };

function settled(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

export class Journal {
  static async open() {
    const request = indexedDB.open("suyuan-reader", 1);
    request.onupgradeneeded = () => {
      for (const [name, options] of Object.entries(STORES)) request.result.createObjectStore(name, options);
    };
    return new Journal(await settled(request));
  }

  constructor(database) {
    this.database = database;
  }

  // Run steps on the stores in one transaction; it is on disk when this returns.
  async #write(names, steps) {
    const transaction = this.database.transaction(names, "readwrite", { durability: "strict" });
    const done = new Promise((resolve, reject) => {
      transaction.oncomplete = resolve;
      transaction.onabort = () => reject(transaction.error ?? new Error("the journal was not written"));
    });
    try {
      await steps(...names.map((name) => transaction.objectStore(name)));
    } catch (error) {
      done.catch(() => {}); // why is told by the error itself
      transaction.abort();
      throw error;
    }
    await done;
  }

  #read(name, question) {
    return settled(question(this.database.transaction(name).objectStore(name)));
  }

  meta(name) {
    return this.#read("meta", (store) => store.get(name));
  }

  setMeta(values) {
    return this.#write(["meta"], (meta) => {
      for (const [name, value] of Object.entries(values)) meta.put(value, name);
    });
  }

  addScan(event) {
    return this.#write(["scan"], (scan) => void scan.add(event));
  }

  async scans(most) {
    const transaction = this.database.transaction("scan");
    const store = transaction.objectStore("scan");
    const [keys, events] = await Promise.all([settled(store.getAllKeys(null, most)), settled(store.getAll(null, most))]);
    return { keys, events };
  }

  // Put a signed batch in the place of its scans and use up its sequence, all or nothing.
  cut(batch, scanKeys) {
    return this.#write(["meta", "scan", "batch"], async (meta, scan, batches) => {
      const next = await settled(meta.get("next"));
      if (next !== batch.sequence) throw new Error("another page has cut this batch");
      meta.put(next + 1, "next");
      for (const key of scanKeys) scan.delete(key);
      batches.add(batch);
    });
  }

  batches() {
    return this.#read("batch", (store) => store.getAll());
  }

  settle(batch, receipt) {
    return this.#write(["meta", "batch", "refused"], async (meta, batches, refused) => {
      const sums = (await settled(meta.get("sums"))) ?? { stored: 0, duplicate: 0, rejected: 0 };
      for (const name of Object.keys(sums)) sums[name] += receipt[name];
      meta.put(sums, "sums");
      batches.delete(batch.sequence);
      if (receipt.rejected) refused.add({ message: batch.message, receipt });
    });
  }

  async figures() {
    const [scans, batches, refused, sums] = await Promise.all([
      this.#read("scan", (store) => store.count()),
      this.batches(),
      this.#read("refused", (store) => store.getAll()),
      this.meta("sums"),
    ]);
    const inFlight = batches.reduce((events, batch) => events + batch.events, 0);
    const stored = sums ? sums.stored + sums.duplicate : 0;
    return { waiting: scans + inFlight, stored, rejected: sums?.rejected ?? 0, refused };
  }
}
