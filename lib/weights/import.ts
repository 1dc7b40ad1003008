import { basename } from "node:path";
import { KitError } from "../base/errors.ts";
import type { ForeignNetwork } from "./foreign.ts";
import { axesOf, bestMatch, type Match, match } from "./match.ts";
import { quoted } from "./quoted.ts";
import { type LazyEntry, writeSafetensors } from "./safetensors.ts";
import { openWeights, type StoredWeights } from "./stored_weights.ts";
import { reverseChannels } from "./strided.ts";

/** Version of an imported file's layout: parameters by our paths, our axis order, 32-bit floats. */
export const IMPORT_VERSION = 1;

/** What became of an import. */
export interface ImportReport extends Match {
  file: string;
  /** What the file is, in words. */
  form: string;
  /** Whether the network was named by the caller, or found by its tensors' names. */
  chosen: "named" | "found";
  /** What the file holds beside the weights, which was not read. */
  besides: string[];
  /** The file written; absent when the weights are not whole. */
  out?: string;
  /** Tensors that hold NaN or infinity, by our path. */
  notFinite: string[];
}

/** Networks by the name that `as` may give. */
export type ForeignNetworks = Record<string, () => ForeignNetwork>;

const SHOWN = 12;

/** The lines of a list: the first, then how many more there are. */
function listed(what: string, items: string[]): string[] {
  if (items.length === 0) return [];
  const more = items.length > SHOWN ? [`  and ${items.length - SHOWN} more`] : [];
  return [`${items.length} ${what}`, ...items.slice(0, SHOWN).map((item) => `  ${item}`), ...more];
}

/** The report for a person. */
export function importLines(report: ImportReport): string[] {
  const { file, form, network, chosen, matched, missing, wrong, unexpected, ignored, notFinite } = report;
  const [parameters, statistics] = [report.parameters, report.statistics].map((n) =>
    n.toLocaleString("en-US")
  );
  const all = matched.length + missing.length + wrong.length;
  return [
    `${file}: ${form}, ${network} (${chosen === "named" ? "as named" : "by its names"})`,
    `${matched.length} of ${all} tensors matched, ${parameters} parameters` +
    (report.statistics > 0 ? ` and ${statistics} running statistics` : ""),
    ...listed("missing", missing.map((name) => quoted(name))),
    ...listed(
      "of another shape",
      wrong.map(({ name, expected, found }) => `${quoted(name)} [${found}] where [${expected}] is expected`),
    ),
    ...listed("unexpected, left out", unexpected.map((name) => quoted(name))),
    ...(ignored > 0 ? [`${ignored} that carry no weights, left out`] : []),
    ...(report.besides.length > 0 ? [`not read: ${report.besides.join(", ")}`] : []),
    ...listed("with NaN or infinity", notFinite),
    ...(report.out === undefined ? [] : [`${report.out} written`]),
  ];
}

/** Each tensor of the network, read and turned into our order when its turn to be written comes. */
function entriesOf(
  weights: StoredWeights,
  network: ForeignNetwork,
  notFinite: string[],
): Record<string, LazyEntry> {
  const entries = Object.entries(network.specs).map(([path, { shape }]): [string, LazyEntry] => [path, {
    dtype: "F32",
    shape,
    make: async () => {
      const { name, order } = network.names[path];
      const tensor = weights.tensors.get(name)!;
      const data = await tensor.read(axesOf(order, tensor.shape.length));
      const flip = network.flips?.[path];
      if (flip) reverseChannels(data, { shape, ...flip });
      if (!data.every(Number.isFinite)) notFinite.push(path);
      return data;
    },
  }]);
  return Object.fromEntries(entries);
}

/** The network to import as, and how the file fits it. */
function choose(
  file: string,
  weights: StoredWeights,
  { as, networks }: { as?: string; networks: ForeignNetworks },
) {
  if (as !== undefined) {
    if (!Object.hasOwn(networks, as)) {
      throw new KitError(
        `There is no network ${quoted(as)} to import as`,
        `Use one of ${Object.keys(networks).join(", ")}`,
      );
    }
    const network = networks[as]();
    return { network, fit: match(weights, network) };
  }
  const all = Object.values(networks).map((network) => network());
  const fit = bestMatch(weights, all);
  if (fit) return { network: all.find(({ name }) => name === fit.network)!, fit };
  const first = [...weights.tensors.keys()].slice(0, 3).map((name) => quoted(name)).join(", ");
  throw new KitError(
    `${file} holds none of the networks that are known (its first tensors are ${first})`,
    `Known are ${Object.keys(networks).join(", ")}`,
  );
}

/** Refuses to write a file over the one it is read from. */
function checkPlace(file: string, out: string): void {
  const real = (path: string) => {
    try {
      return Deno.realPathSync(path);
    } catch {
      return undefined; // not there yet, so not the same
    }
  };
  if (real(out) === undefined || real(out) !== real(file)) return;
  throw new KitError(`${out} is the file to import`, "Give --out another name");
}

/**
 * Reads another project's weights (see openWeights), compares them with a network (`as`, or the one that fits best)
 * and writes them to `out` under our paths, in our axis order and as 32-bit floats, one tensor at a time. Nothing is
 * written when a tensor is missing or of another shape: the report then has no `out`. Throws KitError for a file that
 * cannot be read, or that fits no network.
 */
export async function importWeights(
  file: string,
  options: { out: string; as?: string; networks: ForeignNetworks },
): Promise<ImportReport> {
  const { out, as, networks } = options;
  checkPlace(file, out);
  const weights = await openWeights(file);
  try {
    const { network, fit } = choose(file, weights, { as, networks });
    const notFinite: string[] = [];
    const report: ImportReport = {
      ...fit,
      file,
      form: weights.form,
      chosen: as === undefined ? "found" : "named",
      besides: weights.besides,
      notFinite,
    };
    if (fit.missing.length + fit.wrong.length > 0) return report;
    await writeSafetensors(out, entriesOf(weights, network, notFinite), {
      ...network.metadata,
      import_version: String(IMPORT_VERSION),
      network: network.name,
      source: basename(file),
    });
    return { ...report, out };
  } finally {
    weights.close();
  }
}
