import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as fc from "fast-check";
import { Alike } from "./alike.ts";

describe("Alike", () => {
  test("adds an element exactly if the same object does not stand before it, whatever the hashes", () => {
    const alike = new Alike();
    const pick = fc.tuple(fc.nat({ max: 60 }), fc.constantFrom(1, 7, 1 << 20, 2 ** 32));
    fc.assert(
      fc.property(fc.array(pick, { maxLength: 200 }), fc.nat({ max: 20 }), (picks, ofOneHash) => {
        const objects = Array.from({ length: 61 }, (_, i) => ({ i }));
        const [, step = 1] = picks[0] ?? [];
        const elements = picks.map(([which]) => objects[which]!);
        const added: object[] = [];
        const list: object[] = [];
        alike.begin(elements.length);
        for (const element of elements) {
          list.push(element);
          const hash = element.i < ofOneHash ? 5 : Math.imul(element.i, step) | 0;
          const isNew = alike.add(list, list.length - 1, hash);
          assert.equal(isNew, !added.includes(element));
          if (!isNew) list.pop();
          else added.push(element);
        }
        alike.end();
      }),
    );
  });

  test("tells thousands apart that hold the same", () => {
    const alike = new Alike();
    const elements = Array.from({ length: 5000 }, () => []);
    for (let round = 0; round < 2; round++) {
      alike.begin(elements.length);
      for (let i = 0; i < elements.length; i++) assert.equal(alike.add(elements, i, 0), true);
      const more = [...elements, elements[4321]!];
      assert.equal(alike.add(more, 5000, 0), false);
      alike.end();
    }
  });

  test("remembers nothing of a list that was not finished", () => {
    const alike = new Alike();
    const elements = Array.from({ length: 100 }, () => []);
    alike.begin(100);
    for (let i = 0; i < 100; i++) alike.add(elements, i, 0);
    alike.begin(1);
    assert.equal(alike.add(elements, 0, 0), true);
  });
});
