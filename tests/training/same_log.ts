import assert from "node:assert/strict";
import type { LogRow } from "../../lib/training/log.ts";

/** Throws unless two logs have the same steps and, to the last bit, the same values; times differ from run to run. */
export function assertSameLog(found: LogRow[], expected: LogRow[]): void {
  assert.deepEqual(found.map(({ step }) => step), expected.map(({ step }) => step));
  found.forEach((row, k) => {
    for (const [name, value] of Object.entries(expected[k])) {
      if (name.startsWith("time/")) continue;
      assert.ok(Object.is(row[name], value), `step ${row.step}: ${name} ${row[name]}, expected ${value}`);
    }
  });
}
