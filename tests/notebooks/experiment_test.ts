import assert from "node:assert/strict";
import { basename, join } from "node:path";
import { PREPARED_VERSION } from "../../lib/dataset/prepared.ts";
import { readManifest, type Split, writeManifest } from "../../lib/dataset/manifest.ts";
import { planCorpus } from "../../lib/corpus/plan.ts";
import { KitError } from "../../lib/base/errors.ts";
import { openDiscriminator, openExperiment } from "../../lib/notebooks/experiment.ts";
import { exists, writeAtomic } from "../../lib/base/files.ts";
import { paper, small, tiny } from "../../lib/training/config.ts";
import { openRun } from "../../lib/training/run.ts";
import { madeRow } from "../dataset/made_row.ts";
import { makeTinyRun } from "../training/tiny_run.ts";
import { inFolder } from "../in_folder.ts";

const row = (id: string, split: Split) => madeRow({ id, split, frames: 50 });

/** A prepared folder of three clips, as far as its tables go. */
async function writePrepared(folder: string): Promise<void> {
  await writeAtomic(join(folder, "prepared.json"), JSON.stringify({ version: PREPARED_VERSION, config: {} }));
  await writeManifest(folder, [row("s1/a", "train"), row("s1/b", "val"), row("s1/c", "test")], []);
}

const splitsOf = (rows: { split: string }[]) => [...new Set(rows.map(({ split }) => split))].sort();

Deno.test("both sizes of the embedded corpus have clips for training, validation and testing", async () => {
  for (const size of ["tiny", "small"] as const) {
    assert.deepEqual(splitsOf(await planCorpus({ size, seed: 1 })), ["test", "train", "val"]);
  }
});

Deno.test("the embedded corpus is drawn and prepared once, split as it says, and a broken off start is mended", () =>
  inFolder(async (folder) => {
    const corpora = join(folder, "data"), env = { KIT_PRESET: "tiny", KIT_RUNS: join(folder, "runs") };
    const { prepared, videos, ...experiment } = await openExperiment({ env, corpora });
    assert.equal(prepared, join(corpora, "prepared-tiny"));
    assert.equal(videos, join(corpora, "corpus-tiny", "main"));
    assert.equal(experiment.data, "embedded corpus, tiny (4 people)");
    assert.deepEqual(experiment.config, tiny);
    assert.deepEqual(experiment.source, {
      data: "embedded corpus, tiny (4 people)",
      preset: "tiny",
      seed: 1,
    });
    assert.equal(experiment.discriminator, join(folder, "runs", "corpus-tiny", "discriminator"));
    assert.equal(basename(experiment.figures), "figures");

    const plans = await planCorpus({ size: "tiny", seed: 1 });
    const planned = Object.fromEntries(plans.map(({ id, split }) => [id, split]));
    const rows = await readManifest(prepared);
    assert.deepEqual(Object.fromEntries(rows.map(({ id, split }) => [id, split])), planned);
    assert.ok(rows.every(({ detection_rate }) => detection_rate > 0.9));

    // As `prepare` leaves it, had the process been killed before the corpus's own split was written.
    await writeManifest(prepared, rows.map((clip) => ({ ...clip, split: "train" })), []);
    const written = (await Deno.stat(join(prepared, rows[0].path))).mtime;
    const both = await Promise.all([0, 1].map(() => openExperiment({ env, corpora })));
    assert.deepEqual(both[0], both[1]);
    assert.deepEqual(splitsOf(await readManifest(prepared)), ["test", "train", "val"]);
    assert.deepEqual((await Deno.stat(join(prepared, rows[0].path))).mtime, written);
  }));

Deno.test("a prepared folder gives its name to captions and runs; nothing is drawn", () =>
  inFolder(async (folder) => {
    const prepared = join(folder, "grid s1"), corpora = join(folder, "data");
    await writePrepared(prepared);
    const env = {
      KIT_DATA: `${prepared}/`,
      KIT_RUNS: join(folder, "runs"),
      KIT_FIGURES: join(folder, "drawn"),
    };
    const experiment = await openExperiment({ env, corpora });
    assert.equal(experiment.data, "grid s1");
    assert.equal(experiment.prepared, prepared);
    assert.equal(experiment.videos, undefined);
    assert.equal(experiment.figures, join(folder, "drawn"));
    assert.deepEqual(experiment.config, small);
    assert.equal(experiment.generator, join(folder, "runs", "grid s1-small", "generator"));
    assert.equal(await exists(corpora), false);
  }));

Deno.test("a run of another configuration or other data is neither shown nor written over", () =>
  inFolder(async (folder) => {
    const prepared = join(folder, "clips");
    await writePrepared(prepared);
    const env = { KIT_DATA: prepared, KIT_RUNS: join(folder, "runs") };
    const folderFor = async (file: Partial<Parameters<typeof openRun>[1]>) => {
      const run = join(folder, "runs", "clips-small", "discriminator");
      await Deno.remove(run, { recursive: true }).catch(() => {});
      const wanted = { kind: "discriminator" as const, config: small, data: { name: "clips", clips: 1 } };
      await openRun(run, { ...wanted, ...file }, { resume: false });
      return basename((await openExperiment({ env })).discriminator);
    };
    assert.equal(await folderFor({}), "discriminator");
    const hashed = await folderFor({ config: { ...paper, name: "small" } });
    assert.match(hashed, /^discriminator-[0-9a-f]{8}$/);
    assert.equal(await folderFor({ data: { name: "clips", clips: 2 } }), hashed);
  }));

Deno.test("stored runs are opened where there are any of this data and configuration, and nothing is drawn", () =>
  inFolder(async (folder) => {
    const prepared = join(folder, "clips"), figures = join(folder, "drawn");
    await writePrepared(prepared);
    const env = { KIT_DATA: prepared, KIT_FIGURES: figures, KIT_STORED: "1" };
    const open = () => openExperiment({ env });
    await assert.rejects(open(), (error: Error) => {
      assert.ok(error instanceof KitError);
      assert.match(error.message, /Nothing is stored of clips-small.*without --stored/);
      return true;
    });
    await assert.rejects(
      openExperiment({
        env: { KIT_STORED: "1", KIT_PRESET: "tiny", KIT_FIGURES: figures },
        corpora: folder,
      }),
      /Nothing is stored of corpus-tiny/,
    );
    assert.equal(await exists(join(folder, "corpus-tiny")), false);

    const runs = join(figures, "stored", "clips-small");
    const file = { config: small, data: { name: "clips", clips: 1 } };
    for (const kind of ["discriminator", "generator"] as const) {
      await openRun(join(runs, kind), { kind, ...file }, { resume: false });
    }
    const { discriminator, generator } = await open();
    assert.deepEqual([discriminator, generator], [join(runs, "discriminator"), join(runs, "generator")]);
    // What is stored may be that of another folder of figures.
    const elsewhere = { ...env, KIT_FIGURES: folder, KIT_STORED: join(figures, "stored") };
    const apart = await openExperiment({ env: elsewhere });
    assert.deepEqual([apart.discriminator, apart.figures], [discriminator, folder]);

    await Deno.remove(join(runs, "generator"), { recursive: true });
    const other = { ...file, config: { ...small, seed: 9 } };
    await openRun(join(runs, "generator"), { kind: "generator", ...other }, { resume: false });
    await assert.rejects(open(), /generator is of another configuration or other data.*without --stored/);
  }));

Deno.test("an unknown preset and a folder that is not prepared each give one line with the remedy", () =>
  inFolder(async (folder) => {
    const said = (env: Record<string, string>) => openExperiment({ env, corpora: folder });
    await assert.rejects(said({ KIT_PRESET: "huge" }), (error: Error) => {
      assert.ok(error instanceof KitError);
      assert.match(error.message, /no preset "huge".*tiny/);
      return true;
    });
    await assert.rejects(said({ KIT_DATA: folder }), /is not a prepared folder.*deno task prepare/);
  }));

Deno.test("the discriminator is that of the run, or a fresh one that says so", () =>
  inFolder(async (folder) => {
    const fresh = await openDiscriminator({ discriminator: join(folder, "nothing"), config: tiny });
    assert.equal(fresh.state, "untrained");
    const run = await makeTinyRun(folder);
    const { params, state } = await openDiscriminator({ discriminator: run, config: tiny });
    assert.equal(state, "trained for 0 steps");
    assert.deepEqual(Object.keys(params).sort(), Object.keys(fresh.params).sort());
  }));
