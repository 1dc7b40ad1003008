import assert from "node:assert/strict";
import { dirname, join, relative } from "node:path";
import { ROOT } from "../lib/base/root.ts";
import { codeCells, listNotebooks } from "../lib/notebooks/cells.ts";

const LIB = join(ROOT, "lib");

/** The rooms of lib by floor, from the ground up: a file imports from its own room and from those of floors below. */
const FLOORS = [
  ["base"],
  ["native", "setup"],
  ["nn", "media"],
  ["weights"],
  ["models", "dataset"],
  ["inference", "prepare", "corpus"],
  ["training"],
  ["evaluation"],
  ["figures"],
  ["tasks", "notebooks", "bench"],
  ["tables"],
  ["cli"],
];

/** The rooms within evaluation, in the order in which a video walks through them. */
const EVALUATION = ["metrics", "judges", "scoring", "statistics"];

/** What notebooks and scripts import all of the kit by: it stands above the rooms. */
const ROOF = "mod.ts";

const roomOf = (file: string): string => file.split("/")[0];
const floorOf = (file: string): number =>
  file === ROOF ? FLOORS.length : FLOORS.findIndex((rooms) => rooms.includes(roomOf(file)));

/** The files that a source imports, by path from lib. */
function importsIn(source: string, folder: string): string[] {
  const found = source.matchAll(/\b(?:from|import|import\()\s*"(\.[^"]+)"/g);
  return [...found].map(([, path]) => relative(LIB, join(folder, path)));
}

/** The scripts that a source starts in processes and threads of their own. */
function scriptsIn(source: string, folder: string): string[] {
  const found = source.matchAll(/\bnew URL\(\s*"(\.[^"]+\.ts)"/g);
  return [...found].map(([, path]) => relative(LIB, join(folder, path)));
}

function sourcesBelow(folder: string): string[] {
  return [...Deno.readDirSync(folder)].flatMap(({ name, isDirectory }) =>
    isDirectory ? sourcesBelow(join(folder, name)) : name.endsWith(".ts") ? [join(folder, name)] : []
  );
}

/** What each file of lib imports, and what it imports or starts, all by path from lib. */
const imports = new Map<string, string[]>(), needs = new Map<string, string[]>();
for (const path of sourcesBelow(LIB)) {
  const source = Deno.readTextFileSync(path), file = relative(LIB, path);
  imports.set(file, importsIn(source, dirname(path)));
  needs.set(file, [...imports.get(file)!, ...scriptsIn(source, dirname(path))]);
}

/** The shortest way from a file along imports back to it; undefined where there is none. */
function circleThrough(from: string): string[] | undefined {
  const before = new Map<string, string>(), next = [from];
  for (let file = next.shift(); file !== undefined; file = next.shift()) {
    for (const named of imports.get(file) ?? []) {
      if (named === from) {
        const way = [file];
        while (way[0] !== from) way.unshift(before.get(way[0])!);
        return [...way, from];
      }
      if (before.has(named)) continue;
      before.set(named, file);
      next.push(named);
    }
  }
}

Deno.test("the top level of lib holds rooms, each on one floor, and the module that opens them all", () => {
  const entries = [...Deno.readDirSync(LIB)];
  const files = entries.filter(({ isDirectory }) => !isDirectory).map(({ name }) => name);
  assert.deepEqual(files, [ROOF]);
  assert.deepEqual(entries.map(({ name }) => name).sort(), [...FLOORS.flat(), ROOF].sort());
  assert.ok(imports.size > 200, `${imports.size} files`);
});

Deno.test("ARCHITECTURE.md lists the same rooms on the same floors", () => {
  const text = Deno.readTextFileSync(join(ROOT, "ARCHITECTURE.md"));
  const rows = [...text.matchAll(/^\| +(\d+) \| `(\w+)` /gm)].map(([, floor, room]) => ({ floor, room }));
  const floors = FLOORS.map((_, k) => rows.filter(({ floor }) => Number(floor) === k + 1));
  assert.deepEqual(floors.map((on) => on.map(({ room }) => room).sort()), FLOORS.map((on) => on.toSorted()));
});

Deno.test("no file of lib imports up, or from another room of its floor", () => {
  const wrong = [...imports].flatMap(([file, named]) =>
    named.filter((other) => roomOf(other) !== roomOf(file) && floorOf(other) >= floorOf(file))
      .map((other) => `${file} -> ${other}`)
  );
  assert.deepEqual(wrong, []);
});

Deno.test("evaluation reads one way: metrics, judges, scoring, statistics", () => {
  const place = (file: string) =>
    file.startsWith("evaluation/") ? EVALUATION.indexOf(file.split("/")[1]) : -1;
  const files = [...imports].filter(([file]) => place(file) >= 0);
  const wrong = files.flatMap(([file, named]) =>
    named.filter((other) => place(other) > place(file)).map((other) => `${file} -> ${other}`)
  );
  assert.deepEqual(wrong, []);
  assert.deepEqual(new Set(files.map(([file]) => place(file))).size, EVALUATION.length);
});

Deno.test("no imports go round in a circle", () => {
  const circles = [...imports.keys()].map(circleThrough).filter((way) => way !== undefined);
  assert.deepEqual(circles.map((way) => way.join(" -> ")), []);
});

Deno.test("every file of lib is there for a command or a notebook", () => {
  const notebooks = join(ROOT, "notebooks");
  const cells = listNotebooks(notebooks).flatMap(codeCells);
  const tasks = Deno.readTextFileSync(join(ROOT, "deno.json")).matchAll(/ lib\/([\w/]+\.ts)/g);
  const roots = [
    ...[...tasks].map(([, file]) => file),
    ...cells.flatMap((source) => importsIn(source, notebooks)),
  ];
  const reached = new Set(roots), next = [...reached];
  for (let file = next.pop(); file !== undefined; file = next.pop()) {
    for (const named of needs.get(file) ?? []) {
      if (reached.has(named)) continue;
      reached.add(named);
      next.push(named);
    }
  }
  assert.deepEqual([...imports.keys()].filter((file) => !reached.has(file)), []);
});
