import assert from "node:assert/strict";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { KitError } from "../../lib/base/errors.ts";
import { fuzz, type FuzzResult } from "./fuzz.ts";

Deno.test("damaged files are read or refused, without a permission but to read", async () => {
  const path = fileURLToPath(new URL("./fuzz.ts", import.meta.url));
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--no-prompt", "--no-check", "--allow-read", path, "4000", "20"],
  }).output();
  assert.equal(code, 0, new TextDecoder().decode(stderr));
  const result: FuzzResult = JSON.parse(new TextDecoder().decode(stdout));
  assert.equal(result.read + result.refused, 4000);
  assert.ok(result.read > 100 && result.refused > 2000, JSON.stringify(result));
  // The damage reaches many of the readers' checks, not only the first ones.
  assert.ok(result.reasons > 60, JSON.stringify(result));
});

Deno.test("the same seed damages alike; another error than a KitError, too much time or memory stops it and is named", async () => {
  const drawn = async (seed: number) => {
    const files: string[] = [];
    const reader = (bytes: Uint8Array) => {
      files.push([...bytes].join());
      return Promise.reject(new KitError("refused", "nothing"));
    };
    await fuzz(20, { seed, reader });
    return files;
  };
  assert.deepEqual(await drawn(3), await drawn(3));
  assert.notDeepEqual(await drawn(3), await drawn(4));

  let count = 0;
  const failing = () => ++count === 12 ? Promise.reject(new RangeError("too deep")) : Promise.resolve();
  await assert.rejects(fuzz(20, { seed: 1, reader: failing }), /File 11 of seed 1 .* not refused/);

  const slow = async () => {
    const before = process.cpuUsage();
    while (process.cpuUsage(before).user < 600_000) await Promise.resolve();
  };
  await assert.rejects(fuzz(1, { seed: 1, reader: slow }), /File 0 of seed 1 takes \d+/);

  const kept: Uint8Array[] = [];
  let files = 0;
  const hoarding = () => {
    if (++files > 16) kept.push(new Uint8Array(60e6).fill(1)); // what is there at half time is where it begins
    return Promise.resolve();
  };
  await assert.rejects(fuzz(30, { seed: 1, reader: hoarding }), /the process has grown/);
});
