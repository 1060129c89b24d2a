// Runs a list of SQL texts in the real TimescaleDB, in WebAssembly: one process, one connection, nothing on disk.
// Standard input: JSON, {"module": path of the package, "steps": [{"name", "sql"}], "queries": {name: sql}}.
// Standard output: JSON, {"version", "answers": {name: rows}}. An error names the step and ends with status 1.
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

const asked = JSON.parse(readFileSync(0, 'utf8'));
const load = (file) => import(pathToFileURL(`${asked.module}/dist/${file}`).href);
const { PGlite } = await load('index.js');
const { timescaledb } = await load('timescaledb/index.js');
const db = await PGlite.create({ extensions: { timescaledb } });
const answers = {};
let at = 'start';
try {
  await db.exec('CREATE EXTENSION IF NOT EXISTS timescaledb');
  for (const step of asked.steps) {
    at = step.name;
    await db.exec(step.sql);
  }
  for (const [name, sql] of Object.entries(asked.queries)) {
    at = name;
    answers[name] = (await db.query(sql)).rows;
  }
  at = 'version';
  const version = await db.query("SELECT extversion FROM pg_extension WHERE extname = 'timescaledb'");
  console.log(JSON.stringify({ version: version.rows[0].extversion, answers }));
} catch (error) {
  console.error(`${at}: ${error.message}`);
  process.exitCode = 1;
} finally {
  await db.close();
}
