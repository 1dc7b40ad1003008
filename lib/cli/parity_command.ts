import { type Command, Option } from "commander";
import { KitError } from "../base/errors.ts";
import { errorLine } from "../base/exit.ts";
import { NETWORKS } from "./import_command.ts";
import { collect, printing } from "./printing.ts";
import type { ForeignNetworkName } from "../models/pytorch_names.ts";

/** Adds the command that holds imported networks against PyTorch. */
export function addParityCommand(program: Command): void {
  program.command("parity").description(
    "hold imported networks against PyTorch at full width",
  )
    .addOption(
      new Option("--network <name>", `this one only (may be repeated): ${NETWORKS.join(", ")}`)
        .argParser(collect).default([]),
    )
    .option(
      "--python <program>",
      "a Python with PyTorch; fetched into an environment of its own when not given (Linux x64)",
    )
    .option("--json", "print the rows as JSON")
    .action(printing(async ({ network, python }: { network: string[]; python?: string }) => {
      const unknown = network.find((name) => !NETWORKS.includes(name));
      if (unknown !== undefined) {
        throw new KitError(`There is no network "${unknown}"`, `Use one of ${NETWORKS.join(", ")}`);
      }
      const { parity, PARITY_TOLERANCE } = await import("../bench/parity.ts");
      const { benchLines } = await import("../bench/bench.ts");
      const rows = await parity(network.length > 0 ? network as ForeignNetworkName[] : undefined, { python });
      const other = rows.filter(({ same }) => !same).map(({ network, form }) => `${network} (${form})`);
      if (other.length > 0) {
        const what = `${other.join(", ")} differ from PyTorch by ${PARITY_TOLERANCE} or more`;
        console.error(errorLine(new KitError(what, "The table says by how much")));
        Deno.exitCode = 1;
      }
      return { json: rows, lines: benchLines(rows) };
    }));
}
