/** {@link ParcelPort}, {@link ParcelStore}: what goes beside calls. */
import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, test } from "node:test";
import { MessageChannel, MessagePort } from "node:worker_threads";
import { NO_PARCEL, ParcelPort, ParcelStore } from "./parcels.ts";

describe("a parcel port", () => {
  let from: ParcelPort;
  let to: ParcelPort;
  beforeEach(() => {
    const { port1, port2 } = new MessageChannel();
    from = new ParcelPort(port1);
    to = new ParcelPort(port2);
  });
  afterEach(() => from.close());

  const post = (byteLength: number): number => {
    const buffer = new ArrayBuffer(byteLength);
    return from.post([buffer], [buffer]);
  };

  test("gives what was posted under its number, as a list, whether it is one buffer or more", () => {
    const buffers = [new ArrayBuffer(1), new ArrayBuffer(2)];
    const two = from.post(buffers, buffers);
    const one = post(3);
    assert.deepEqual(to.receive(two), [new ArrayBuffer(1), new ArrayBuffer(2)]);
    assert.deepEqual(to.receive(one), [new ArrayBuffer(3)]);
    assert.deepEqual(
      buffers.map(({ byteLength }) => byteLength),
      [0, 0],
    );
  });

  test("gives in whatever order they are asked for, and each once", () => {
    const numbers = [1, 2, 3, 4].map(post);
    for (const place of [2, 0, 3, 1]) {
      assert.deepEqual(to.receive(numbers[place]!), [new ArrayBuffer(place + 1)]);
      assert.equal(to.receive(numbers[place]!), undefined);
    }
  });

  test("gives nothing for what was not posted, and what is posted afterwards all the same", () => {
    assert.equal(to.receive(NO_PARCEL), undefined);
    assert.equal(to.receive(1), undefined);
    assert.deepEqual(to.receive(post(1)), [new ArrayBuffer(1)]);
  });

  test("gives no number to what cannot be moved", () => {
    const buffer = new ArrayBuffer(1);
    assert.throws(() => from.post([buffer, () => {}], [buffer]), { name: "DataCloneError" });
    assert.throws(() => from.post([buffer], [buffer, buffer]), { name: "DataCloneError" });
    assert.equal(buffer.byteLength, 1);
    assert.deepEqual(to.receive(post(2)), [new ArrayBuffer(2)]);
  });

  test("carries what is no buffer, alone and as a list in a list", () => {
    const { port1 } = new MessageChannel();
    const [port] = to.receive(from.post([port1], [port1]))!;
    assert(port instanceof MessagePort);
    port.close();
    assert.deepEqual(to.receive(from.post([[1, 2]], [])), [[1, 2]]);
  });

  test("without a port gives nothing", () => {
    assert.equal(new ParcelPort(undefined).receive(1), undefined);
  });
});

describe("a parcel store", () => {
  test("gives back what was put there, and what of it has to be moved on, in whatever order", () => {
    const store = new ParcelStore<string>();
    const copied = { a: 1 };
    for (const [place, owner] of ["first", "second"].entries()) {
      const moved = new ArrayBuffer(place + 1);
      store.put(owner, { items: [copied, moved], transferList: [moved] });
      assert.equal(moved.byteLength, 0);
    }
    for (const [owner, byteLength] of [["second", 2] as const, ["first", 1] as const]) {
      const { items, transferList } = store.take(owner);
      assert.deepEqual(items, [copied, new ArrayBuffer(byteLength)]);
      assert.equal(transferList[0], items[1]);
    }
    store.close();
  });

  test("keeps nothing of what cannot be moved", () => {
    const store = new ParcelStore<string>();
    const buffer = new ArrayBuffer(1);
    const impossible = { items: [buffer, () => {}], transferList: [buffer] };
    assert.throws(() => store.put("bad", impossible), { name: "DataCloneError" });
    store.put("good", { items: [buffer], transferList: [buffer] });
    assert.deepEqual(store.take("good").items, [new ArrayBuffer(1)]);
    store.close();
  });
});
