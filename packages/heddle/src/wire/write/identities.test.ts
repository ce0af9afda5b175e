import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Identities, MANY } from "./identities.ts";

describe("Identities", () => {
  test("number objects in the order in which they are met, however many", () => {
    const identities = new Identities();
    const objects = Array.from({ length: 100 }, (_, i) => ({ i }));
    for (let round = 0; round < 3; round++) {
      for (const object of objects) assert.equal(identities.meet(object), -1);
      objects.forEach((object, number) => assert.equal(identities.meet(object), number));
      assert.equal(identities.count, 100);
      identities.rewind(0);
    }
  });

  test("forget, wherever they are rewound to, what was met since", () => {
    const objects = Array.from({ length: 40 }, (_, i) => ({ i }));
    for (let met = 0; met <= 40; met++) {
      for (let kept = 0; kept <= met; kept++) {
        const identities = new Identities();
        for (let i = 0; i < met; i++) identities.meet(objects[i]!);
        for (let i = 0; i < met; i += 3) assert.equal(identities.meet(objects[i]!), i);
        identities.rewind(kept);
        assert.equal(identities.count, kept);
        for (let i = 0; i < kept; i++) assert.equal(identities.meet(objects[i]!), i);
        for (let i = kept; i < 40; i++) assert.equal(identities.meet(objects[i]!), -1);
        for (let i = 0; i < 40; i++) assert.equal(identities.meet(objects[i]!), i);
      }
    }
  });

  test("number many at once as one by one, and forget them wherever they are rewound to", () => {
    const objects = Array.from({ length: MANY + 30 }, (_, i) => ({ i }));
    for (let before = 0; before < MANY; before++) {
      const many = objects.slice(before, before + MANY + 5);
      const end = before + many.length;
      for (let kept = 0; kept <= end + 2; kept++) {
        const identities = new Identities();
        for (let i = 0; i < before; i++) identities.meet(objects[i]!);
        assert.equal(identities.areFew, true);
        for (let i = 0; i < objects.length; i++) assert.equal(identities.isAmongFew(objects[i]!), i < before);
        identities.meetAll(many);
        assert.equal(identities.areFew, false);
        assert.equal(identities.count, end);
        if (kept > end) for (let i = end; i < kept; i++) assert.equal(identities.meet(objects[i]!), -1);
        identities.rewind(kept);
        assert.equal(identities.count, kept);
        for (let i = 0; i < kept; i++) assert.equal(identities.meet(objects[i]!), i);
        for (let i = kept; i < objects.length; i++) assert.equal(identities.meet(objects[i]!), -1);
        for (let i = 0; i < objects.length; i++) assert.equal(identities.meet(objects[i]!), i);
      }
    }
  });
});
