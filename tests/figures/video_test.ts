import assert from "node:assert/strict";
import { gridOf } from "../../lib/figures/video.ts";

Deno.test("a grid is as square as can be, its tiles and their names lie apart and within it", () => {
  for (const tiles of [1, 2, 3, 5, 9]) {
    const { width, height, boxOf } = gridOf(tiles), boxes = Array.from({ length: tiles }, (_, k) => boxOf(k));
    assert.ok(width % 2 === 0 && height % 2 === 0, `${width} x ${height}`);
    boxes.forEach((a, k) => {
      assert.ok(a.x >= 4 && a.x + 192 + 4 <= width && a.y >= 4 + 26 && a.y + 192 + 4 <= height);
      for (const b of boxes.slice(k + 1)) {
        assert.ok(Math.abs(a.x - b.x) >= 196 || Math.abs(a.y - b.y) >= 192 + 26 + 4, `${tiles} tiles`);
      }
    });
  }
  assert.deepEqual([gridOf(9).width, gridOf(9).height], [592, 670]);
});
