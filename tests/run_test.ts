import assert from "node:assert/strict";
import { closingLine, countCases } from "./run.ts";

const REPORT = `<testsuites><testsuite name="./a_test.ts" tests="5">
  <testcase name="whole" time="0.001"><failure message="1 test step failed">x</failure></testcase>
  <testcase name="left out"><skipped/></testcase>
  <testcase name="a &gt; b is no step"></testcase>
  <testcase name="whole &gt; inner"></testcase>
  <testcase name="whole &gt; inner &gt; innermost"><failure message="no"/></testcase>
  <testcase name="good">
  </testcase>
</testsuite></testsuites>`;

Deno.test("cases of a report are counted, their steps are not", () => {
  assert.deepEqual(countCases(REPORT), { passed: 2, failed: 1, skipped: 1 });
});

Deno.test("the closing line", () => {
  assert.equal(closingLine({ passed: 12, failed: 0, skipped: 0 }), "12 passed, 0 failed");
  assert.equal(closingLine({ passed: 12, failed: 3, skipped: 1 }), "12 passed, 3 failed, 1 skipped");
});
