import { Option } from "commander";
import { fileURLToPath } from "node:url";
import { KitError } from "../base/errors.ts";
import { errorLine } from "../base/exit.ts";
import { runHere } from "../base/processes.ts";
import type { ForeignNetworkName } from "../models/pytorch_names.ts";
import { collect, count, type KitCommand } from "./kit_command.ts";

/** The networks that `--as` may name: those of lib/models/pytorch_names.ts, which loads TensorFlow. */
export const NETWORKS = ["wav2lip", "wav2lip-expert", "visual-quality", "syncnet", "inception"];

const tensors = (count: number, one: string, many: string): string =>
  count === 1 ? `1 tensor ${one}` : `${count} tensors ${many}`;

/**
 * Adds the commands that read weights of others, that try out how the readers take damaged files, and that hold
 * imported networks against PyTorch.
 */
export function addWeightsCommands(program: KitCommand): void {
  program.command("import").description(
    "turn weights that PyTorch saved into the kit's, without running them",
  )
    .argument("<file>", "what torch.save wrote (zip or older stream form), or safetensors")
    .addOption(
      new Option("--as <network>", "whose weights they are; found by the tensors' names when not given")
        .choices(NETWORKS),
    )
    .requiredOption("--out <safetensors>", "the file to write")
    .answer("the report", async (file: string, { as, out }: { as?: string; out: string }) => {
      const { importLines, importWeights } = await import("../weights/import.ts");
      const { foreignNetworks } = await import("../models/pytorch_names.ts");
      const report = await importWeights(file, { as, out, networks: foreignNetworks });
      if (report.out === undefined) {
        const { network, missing, wrong } = report;
        const fault = new KitError(
          `${file} does not hold the whole of ${network}: ${tensors(missing.length, "is", "are")} missing, ` +
            `${tensors(wrong.length, "has", "have")} another shape`,
          "Nothing was written: name another network by --as, or another file",
        );
        console.error(errorLine(fault));
        Deno.exitCode = 1;
      }
      return { json: report, lines: importLines(report) };
    });

  program.command("fuzz").description(
    "give the readers of weights many damaged files; they may only refuse them",
  )
    .option("--files <number>", "how many", count, 100_000)
    .option("--seed <number>", "another seed damages them otherwise", count, 1)
    .action(async ({ files, seed }: { files: number; seed: number }) => {
      const path = fileURLToPath(new URL("../../tests/weights/fuzz.ts", import.meta.url));
      // Without a permission but that to read: whatever a file would have run could do nothing, and would be seen.
      const flags = ["--quiet", "--no-prompt", "--allow-read"];
      Deno.exitCode = await runHere([Deno.execPath(), "run", ...flags, path, String(files), String(seed)]);
    });

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
    .answer("the rows", async ({ network, python }: { network: string[]; python?: string }) => {
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
    });
}
