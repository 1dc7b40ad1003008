import assert from "node:assert/strict";
import type { LogRow } from "../../lib/training/log.ts";

/** Throws unless two logs have the same steps and values within 1e-4; times differ from run to run. */
export function assertSameLog(found: LogRow[], expected: LogRow[]): void {
  assert.deepEqual(found.map(({ step }) => step), expected.map(({ step }) => step));
  found.forEach((row, k) => {
    for (const [name, value] of Object.entries(expected[k])) {
      if (name.startsWith("time/")) continue;
      const same = typeof value === "number" ? Math.abs(row[name]! - value) < 1e-4 : row[name] === value;
      assert.ok(same, `step ${row.step}: ${name} ${row[name]}, expected ${value}`);
    }
  });
}
