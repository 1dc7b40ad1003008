// Turns the output of a failed deno, pip or uv into one line that says what to do.
import { KitError } from "../base/errors.ts";

const AGAIN = "run the same command again: it goes on where it stopped";

/** Signs in a tool's output, first match wins; the text before the full stop goes after "Set-up of X stopped: ". */
const FAULTS: { sign: RegExp; what: string; remedy: string }[] = [
  {
    sign: /No space left on device|ENOSPC|os error 28\b|Errno 28\b|Disk quota exceeded/i,
    what: "the disk is full",
    remedy: `Free some gigabytes and ${AGAIN}`,
  },
  {
    sign: /CERTIFICATE_VERIFY_FAILED|invalid peer certificate|UnknownIssuer|self.signed certificate/i,
    what: "the package registry's certificate is not trusted here",
    remedy:
      `Point SSL_CERT_FILE, PIP_CERT and DENO_CERT to your network's certificate file (PEM) and ${AGAIN}`,
  },
  {
    sign:
      /Connection ?refused|Failed to establish a new connection|NewConnectionError|Max retries exceeded|ConnectTimeout|Read timed out|name resolution|Name or service not known|nodename nor servname|dns error|tcp connect error|error sending request|Network is unreachable|operation timed out|Tunnel connection failed/i,
    what: "the package registry cannot be reached",
    remedy:
      `Check the network, and the proxy or mirror settings (HTTPS_PROXY, NPM_CONFIG_REGISTRY, PIP_INDEX_URL), then ${AGAIN}`,
  },
  {
    sign: /No matching distribution|Could not find a version|has no wheels with a matching|404 Not Found/i,
    what: "the package registry has no such version for this machine",
    remedy: "Check that the mirror in use is complete and that README.md lists this platform",
  },
  {
    sign: /Permission denied|EACCES|EROFS|Read-only file system|os error 13\b/i,
    what: "a folder is not writable",
    remedy: `Make the project's folder and your cache folders writable and ${AGAIN}`,
  },
];

/**
 * The KitError for a tool that failed.
 * @param part what was being set up, as in "Set-up of <part> stopped"
 * @param output all the tool printed
 * @param log where that output was kept, for faults that no sign explains
 */
export function explain(part: string, output: string, log?: string): KitError {
  for (const { sign, what, remedy } of FAULTS) {
    if (sign.test(output)) return new KitError(`Set-up of ${part} stopped: ${what}`, remedy);
  }
  const last = output.split("\n").map((line) => line.trim()).filter(Boolean).at(-1) ?? "it said nothing";
  return new KitError(
    `Set-up of ${part} stopped: ${last.replace(/\.$/, "")}`,
    log ? `The whole output is in ${log}; mend the cause and ${AGAIN}` : `Mend the cause and ${AGAIN}`,
  );
}
