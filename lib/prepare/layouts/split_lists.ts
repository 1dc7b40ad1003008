import { basename, dirname, join } from "node:path";
import type { RejectRow, Split } from "../../dataset/manifest.ts";
import { videoStem } from "./listing.ts";
import { oddities, safeName } from "./names.ts";
import type { Reading, SourceClip } from "./source_clip.ts";

/** What a data set's lists are called, the one that wins over the others first: a held-out clip stays held out. */
const LISTS: { name: string; split: Split }[] = [
  { name: "test", split: "test" },
  { name: "val", split: "val" },
  { name: "train", split: "train" },
  { name: "pretrain", split: "train" },
];

/** One of the lists that a data set brings: each line names a clip by its first word. */
export interface SplitList {
  path: string;
  /** The file's name without ".txt". */
  name: string;
  split: Split;
  text: string;
}

/** Reads those of test.txt, val.txt, train.txt and pretrain.txt that lie in a folder. */
export async function readSplitLists(folder: string): Promise<SplitList[]> {
  const lists: SplitList[] = [];
  for (const { name, split } of LISTS) {
    const path = join(folder, `${name}.txt`);
    const text = await Deno.readTextFile(path).catch(() => undefined);
    if (text !== undefined) lists.push({ path, name, split, text });
  }
  return lists;
}

/** Clips dealt by a data set's lists. */
export interface Dealt {
  clips: SourceClip[];
  rejects: RejectRow[];
  /** What the lists did, in words. */
  says: string;
}

/** What the lists say of the clips that are there, and of those that are not. */
interface Claims {
  /** The lists that name a clip, in the order of `LISTS`. */
  lists: Map<SourceClip, SplitList[]>;
  absent: RejectRow[];
  /** Lines that say again what their list said before. */
  repeated: number;
}

/** Reads the lists against the clips' names. */
function readClaims(clips: SourceClip[], lists: SplitList[], { nameInList }: Reading): Claims {
  const byName = new Map<string, SourceClip[]>();
  for (const clip of clips) {
    for (const name of new Set(clip.listed.map((name) => name.normalize("NFC")))) {
      byName.set(name, [...byName.get(name) ?? [], clip]);
    }
  }
  const claims: Claims = { lists: new Map(), absent: [], repeated: 0 }, missed = new Set<string>();
  for (const list of lists) {
    const nameOf = (line: string) => {
      const entry = videoStem(line.replace(/^\.\//, ""));
      return (nameInList?.(entry, list.name) ?? entry).normalize("NFC");
    };
    list.text.split("\n").forEach((text, at) => {
      const line = text.trim();
      if (line === "") return;
      // Names may hold spaces; LRS2's lines go on after the name.
      const [whole, first] = [nameOf(line), nameOf(line.split(/\s+/)[0])];
      const named = byName.get(whole) ?? byName.get(first) ?? [];
      for (const clip of named) {
        const before = claims.lists.get(clip) ?? [];
        if (before.includes(list)) claims.repeated++;
        else claims.lists.set(clip, [...before, list]);
      }
      if (named.length > 0) return;
      if (missed.has(first)) claims.repeated++;
      else {
        missed.add(first);
        claims.absent.push({
          id: first.split("/").map(safeName).join("/"),
          source: list.path,
          reason: "absent",
          detail: `line ${at + 1} of ${basename(list.path)} names it, and it is not there`,
        });
      }
    });
  }
  return claims;
}

/**
 * Gives clips the splits that a data set's lists name. A clip that is in two of them goes to the held-out one, with a
 * note. One that is named and not there becomes a row of reason "absent"; one that is there and not named a row of
 * reason "unlisted", since dealing it by chance could put a test speaker into training.
 * @returns undefined when the lists name none of the clips, that is, when they belong to something else
 */
export function dealByLists(clips: SourceClip[], lists: SplitList[], reading: Reading): Dealt | undefined {
  const claims = readClaims(clips, lists, reading);
  if (claims.lists.size === 0) return;
  const names = lists.map(({ path }) => basename(path)).join(", ");
  const dealt: SourceClip[] = [], unlisted: RejectRow[] = [];
  for (const clip of clips) {
    const [first, ...others] = claims.lists.get(clip) ?? [];
    const split = first?.split ?? reading.splitOfUnlisted?.(clip);
    if (!split) {
      const detail = `none of ${names} names it`;
      unlisted.push({ id: clip.id, source: clip.path, reason: "unlisted", detail });
      continue;
    }
    const also = others.filter((list) => list.split !== split).map(({ name }) => ` and ${name}.txt`);
    const note = also.length > 0 ? `named in ${first.name}.txt${also.join("")}: taken for ${split}` : "";
    dealt.push({ ...clip, split, note });
  }
  const odd = oddities([
    [claims.absent.length, "clip", "named there absent"],
    [unlisted.length, "clip", "named nowhere left out"],
    [claims.repeated, "line", "repeated"],
  ]);
  return {
    clips: dealt,
    rejects: [...claims.absent, ...unlisted],
    says: `split by ${names} in ${dirname(lists[0].path)}${odd ? ` (${odd})` : ""}`,
  };
}
