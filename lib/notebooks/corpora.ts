// The embedded corpus as the notebooks need it: rendered and prepared when it is first asked for.
import { join } from "node:path";
import { exists, holdFolder } from "../base/files.ts";
import { ROOT } from "../base/root.ts";
import { generateCorpus } from "../corpus/corpus.ts";
import type { CorpusSize } from "../corpus/plan.ts";
import { type ManifestRow, readManifest, writeManifest } from "../dataset/manifest.ts";
import { PREPARED_VERSION, preparedOfAnyVersion } from "../dataset/prepared.ts";
import { prepare } from "../prepare/prepare.ts";

/** Where corpora are kept unless told otherwise. */
export const CORPORA = join(ROOT, "data");

/** How large a corpus a preset is for. */
const sizeFor = (preset: string): CorpusSize => preset === "tiny" ? "tiny" : "small";

/** Seed of the corpus that a judge learns from: other people than those whom systems learn from. */
const JUDGE_CORPUS_SEED = 2;

/**
 * Renders and prepares a corpus, or what is missing of it, in `<folder>/corpus-<name>` and `prepared-<name>`; its split
 * is the corpus's own, as LRS2's is.
 */
async function preparedCorpus(
  folder: string,
  { name, size, seed }: { name: string; size: CorpusSize; seed?: number },
): Promise<{ prepared: string; videos: string; people: number }> {
  const prepared = join(folder, `prepared-${name}`), corpus = join(folder, `corpus-${name}`);
  const videos = join(corpus, "main");
  // Two notebooks opened side by side must not both render.
  using _held = await holdFolder(prepared, { wait: true });
  const { clips: plans, rendered } = await generateCorpus(corpus, { size, seed });
  const splits = new Map(plans.map(({ id, split }) => [id, split]));
  const current = (await preparedOfAnyVersion(prepared))?.version === PREPARED_VERSION;
  const known = current && await exists(join(prepared, "manifest.parquet"))
    ? await readManifest(prepared)
    : [];
  // A project that was moved has its videos elsewhere.
  const isOfThese = ({ id, source, split }: ManifestRow) =>
    source.startsWith(join(videos, "/")) && split === splits.get(id);
  if (rendered > 0 || known.length === 0 || !known.every(isOfThese)) {
    const { clips, rejects } = await prepare(videos, prepared);
    await writeManifest(prepared, clips.map((row) => ({ ...row, split: splits.get(row.id)! })), rejects);
  }
  return { prepared, videos, people: new Set(plans.map(({ speaker }) => speaker)).size };
}

/** The corpus that notebooks work on where no data is given: its name for captions, prepared folder and videos. */
export async function embeddedCorpus(
  preset: string,
  folder: string,
): Promise<{ data: string; prepared: string; videos: string }> {
  const size = sizeFor(preset), { people, ...made } = await preparedCorpus(folder, { name: size, size });
  return { data: `embedded corpus, ${size} (${people} people)`, ...made };
}

/** The prepared folder of people for a judge, as many as the embedded corpus has. */
export async function judgeCorpus(preset: string): Promise<string> {
  const size = sizeFor(preset), corpus = { name: `${size}-judge`, size, seed: JUDGE_CORPUS_SEED };
  return (await preparedCorpus(CORPORA, corpus)).prepared;
}
