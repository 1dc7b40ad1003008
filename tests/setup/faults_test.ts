import assert from "node:assert/strict";
import { explain } from "../../lib/setup/faults.ts";

// What the tools print, shortened.
const SAID: [RegExp, string][] = [
  [/cannot be reached/, "client error (Connect): tcp connect error: Connection refused (os error 111)"],
  [
    /cannot be reached/,
    "WARNING: Retrying (Retry(total=4, connect=None)) after connection broken by " +
    "'NewConnectionError: Failed to establish a new connection: [Errno -2] Name or service not known'\n" +
    "ERROR: Could not find a version that satisfies the requirement uv==0.13.9 (from versions: none)",
  ],
  [/cannot be reached/, "error: Failed to fetch\n  Caused by: dns error: failed to lookup address"],
  [/disk is full/, "ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device"],
  [/disk is full/, "error: Failed to install: failed to copy file: No space left on device (os error 28)"],
  [/certificate/, "error sending request: invalid peer certificate: UnknownIssuer"],
  [
    /certificate/,
    "SSLError(SSLCertVerificationError(1, '[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed",
  ],
  [/no such version/, "ERROR: No matching distribution found for tensorflow-cpu==2.21.0"],
  [/not writable/, "error: Permission denied (os error 13): mkdir '/readonly/node_modules'"],
];

Deno.test("what deno, pip and uv say becomes one line with a remedy", () => {
  for (const [expected, said] of SAID) {
    const { what, remedy, message } = explain("the part", said);
    assert.match(what, expected, said);
    assert.match(what, /^Set-up of the part stopped: /);
    assert.ok(remedy.length > 20);
    assert.ok(!message.includes("\n"));
  }
});

Deno.test("what no sign explains is told in the tool's last words, and where the rest is", () => {
  const { message } = explain("uv", "first\nthe sky fell.\n\n", ".native/uv.log");
  assert.match(
    message,
    /^Set-up of uv stopped: the sky fell\. The whole output is in \.native\/uv\.log; mend/,
  );
  assert.match(explain("uv", "").message, /it said nothing/);
});
