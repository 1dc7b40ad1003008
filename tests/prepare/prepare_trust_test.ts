import assert from "node:assert/strict";
import { join } from "node:path";
import { clipConfig } from "../../lib/dataset/clip_file.ts";
import { filterPrepared } from "../../lib/prepare/filters.ts";
import { type ManifestRow, readSelected } from "../../lib/dataset/manifest.ts";
import { prepare } from "../../lib/prepare/prepare.ts";
import { readHeader } from "../../lib/weights/safetensors.ts";
import { ffmpeg, inFolder } from "../media/made_video.ts";
import { makeFaceVideo } from "./face_video.ts";

/** Three people one after the other: frames 0 to 29, 30 to 64, and 65 to 74. */
async function makeCutVideo(path: string, folder: string): Promise<void> {
  const shots = [];
  for (const [person, seconds] of [[0, 1.2], [1, 1.4], [2, 0.4]]) {
    shots.push("-i", await makeFaceVideo(join(folder, `shot ${person}.mp4`), { person, seconds }));
  }
  // Sound in AAC lasts a little longer than the image: of each shot it is cut to it.
  const cut = [1.2, 1.4, 0.4].map((seconds, k) =>
    `[${k}:v]setpts=PTS-STARTPTS[v${k}];[${k}:a]atrim=0:${seconds},asetpts=PTS-STARTPTS[a${k}]`
  ).join(";");
  await ffmpeg(
    ...shots,
    ...["-filter_complex", `${cut};[v0][a0][v1][a1][v2][a2]concat=n=3:v=1:a=1`, "-crf", "15", path],
  );
}
const byName = (clips: ManifestRow[]) => new Map(clips.map((clip) => [clip.id.split("/")[1], clip]));

Deno.test("a film that changes shots becomes a clip for each of them, or none", () =>
  inFolder(async (folder) => {
    const videos = join(folder, "anna"), out = join(folder, "out");
    await Deno.mkdir(videos);
    await makeCutVideo(join(videos, "film.mp4"), folder);
    const { clips, rejects, size } = await prepare(videos, out, { workers: 1 });
    assert.deepEqual(
      clips.map(({ id, part, first_frame, frames, note }) => ({ id, part, first_frame, frames, note })),
      [
        { id: "anna/film_1", part: 1, first_frame: 0, frames: 30, note: "part 1 of 3" },
        {
          ...{ id: "anna/film_2", part: 2, first_frame: 30, frames: 35 },
          note: "part 2 of 3: the shot changes at 1.20 s",
        },
      ],
    );
    assert.deepEqual(rejects.map(({ id, reason }) => [id, reason]), [["anna/film_3", "too-short"]]);
    for (const clip of clips) assert.ok(clip.shot_change_most < 0.1, `${clip.shot_change_most}`);
    const megabytes = (clips[0].bytes + clips[1].bytes) / 1e6, hours = 65 / 25 / 3600;
    assert.deepEqual([size.clips, size.megabytes], [2, megabytes]);
    assert.ok(
      Math.abs(size.hours - hours) < 1e-9 && Math.abs(size.megabytesPerHour - megabytes / hours) < 0.01,
    );
    assert.deepEqual(JSON.parse(await Deno.readTextFile(join(out, "prepared.json"))).size, size);

    // A second run knows what became of the video, and makes again what is gone.
    const made = async (name: string) =>
      (await Deno.stat(join(out, `clips/anna/${name}.safetensors`))).mtime!.getTime();
    const before = await made("film_1");
    assert.deepEqual(await prepare(videos, out, { workers: 1 }).then(({ rejects }) => rejects), rejects);
    assert.equal(await made("film_1"), before);
    await Deno.remove(join(out, "clips/anna/film_2.safetensors"));

    // A video of the name that a part would have is told apart; then cuts reject, and the parts' files go.
    await Deno.rename(join(folder, "shot 1.mp4"), join(videos, "film_2.mp4"));
    const both = await prepare(videos, out, { workers: 1 });
    assert.deepEqual(both.clips.map(({ id }) => id), ["anna/film_part_1", "anna/film_part_2", "anna/film_2"]);
    // That video is the second part's shot; a length of 35 frames both.
    assert.equal(byName(both.clips).get("film_2")!.duplicate_of, "anna/film_part_2");
    const whole = await prepare(videos, out, { workers: 1, cuts: "reject" });
    assert.deepEqual(whole.clips.map(({ id }) => id), ["anna/film_2"]);
    assert.deepEqual(whole.rejects.map(({ id, reason, detail }) => [id, reason, detail]), [
      ["anna/film", "shot-change", "the shot changes at 1.20 s, 2.60 s"],
    ]);
    assert.deepEqual([...Deno.readDirSync(join(out, "clips/anna"))].map(({ name }) => name), [
      "film_2.safetensors",
    ]);
  }));

Deno.test("every film is measured as it was made: blurred, small, quiet, leaning, still, or a copy", () =>
  inFolder(async (folder) => {
    const videos = join(folder, "ben"), out = join(folder, "out");
    await Deno.mkdir(videos);
    const at = (name: string) => join(videos, `${name}.mp4`), seconds = 1.2;
    const plain = await makeFaceVideo(at("a_plain"), { seconds });
    await makeFaceVideo(at("blurred"), { seconds, filter: "gblur=sigma=2", level: 0.2 });
    await makeFaceVideo(at("quiet"), { seconds, level: 0.003, person: 1 });
    await makeFaceVideo(at("leaning"), { seconds, filter: "rotate=15*PI/180:fillcolor=gray", person: 2 });
    await makeFaceVideo(at("still"), {
      seconds,
      filter: "hflip,loop=loop=-1:size=1:start=0,trim=end_frame=30",
      person: 3,
    });
    const low = ["-vf", "scale=112:112", "-crf", "30", "-c:a", "aac", "-b:a", "48k"];
    await ffmpeg("-i", plain, ...low, at("small_copy"));
    const { clips } = await prepare(videos, out, {
      every: 3,
      workers: 2,
      filters: ["minVoiced=none", "minSharpness=none"],
    });
    const row = byName(clips), of = (name: string) => row.get(name)!;
    const around = (value: number, wanted: number, tolerance: number) =>
      assert.ok(Math.abs(value - wanted) <= tolerance, `${value} is not ${wanted}`);

    around(of("small_copy").box_size_mean, of("a_plain").box_size_mean / 2, 3);
    assert.ok(of("blurred").sharpness < of("a_plain").sharpness / 4);
    around(of("quiet").sound_rms_db - of("a_plain").sound_rms_db, -40, 0.5); // a hundredth
    around(of("leaning").roll_deg, of("a_plain").roll_deg + 15, 5);
    around(of("leaning").roll_most_deg, Math.abs(of("leaning").roll_deg), 3);
    around(of("a_plain").yaw_deg, 0, 12);
    assert.ok(of("still").mouth_motion < 0.003 && of("a_plain").mouth_motion > 0.01);
    assert.equal(of("a_plain").voiced_share, 0, "a hum of one pitch is no speech");
    for (const clip of clips) assert.ok(clip.bytes > 30_000 && clip.first_frame === 0);

    // The copy at a quarter of the size is found out; the decisions are stored, and changed without the videos.
    assert.deepEqual([of("small_copy").duplicate_of, of("small_copy").kept], ["ben/a_plain", false]);
    assert.equal(of("small_copy").why, "duplicate of ben/a_plain");
    const twice = clips.filter(({ duplicate_of }) => duplicate_of !== "").map(({ id }) => id);
    assert.deepEqual(twice, ["ben/blurred", "ben/small_copy"], "a blurred film is the same film too");
    assert.match(of("still").why, /mouth motion .* below 0.002|^$/);
    await Deno.remove(videos, { recursive: true });
    const between = (of("quiet").sound_rms_db + of("a_plain").sound_rms_db) / 2;
    await filterPrepared(out, { settings: [`minLoudness=${between}`, "minMouthMotion=none"] });
    assert.deepEqual((await readSelected(out)).map(({ id }) => id), [
      "ben/a_plain",
      "ben/leaning",
      "ben/still",
    ]);
  }));

Deno.test("numbers of an older kind are measured again from the clip's own file, not from its film", () =>
  inFolder(async (folder) => {
    const videos = join(folder, "cleo"), out = join(folder, "out"), video = join(videos, "a.mp4");
    await Deno.mkdir(videos);
    await makeFaceVideo(video, { seconds: 1 });
    const first = await prepare(videos, out, { workers: 1 });
    const file = join(out, "clips/cleo/a.safetensors");
    // The same file with a wrong sharpness, measured by an older kit; the video can no longer be decoded.
    const bytes = await Deno.readFile(file),
      length = Number(new DataView(bytes.buffer).getBigUint64(0, true));
    const header = new TextDecoder().decode(bytes.subarray(8, 8 + length));
    const sharpness = /"sharpness":"([\d.]+)"/.exec(header)![1];
    const older = header.replace('"measures":"1"', '"measures":"0"')
      .replace(`"sharpness":"${sharpness}"`, `"sharpness":"${"1".repeat(sharpness.length)}"`);
    bytes.set(new TextEncoder().encode(older), 8);
    await Deno.writeFile(file, bytes);
    await Deno.writeFile(video, new Uint8Array((await Deno.stat(video)).size));
    const second = await prepare(videos, out, { workers: 1 });
    assert.deepEqual(second.clips, first.clips);
    assert.equal((await readHeader(file)).metadata.measures, "1");

    // A folder of an older version is taken over: clips of this version stay, the tables are written anew.
    const config = clipConfig({ every: 5, cuts: "split" });
    await Deno.writeTextFile(join(out, "prepared.json"), JSON.stringify({ version: 1, config }));
    await Deno.writeTextFile(join(out, "manifest.parquet"), "of an older version");
    assert.deepEqual((await prepare(videos, out, { workers: 1 })).clips, first.clips);
  }));
