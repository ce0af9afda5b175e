import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { NotLoadedError } from "./errors.ts";
import { TestWire } from "./fixture.test.ts";
import { loadHandlesBy, registerHandle } from "./kinds/handles.ts";

class Box {
  readonly address = 8;
}
registerHandle("test.BoxA/1", Box, { address: ({ address }) => address, revive: () => new Box() });

describe("a message with a handle whose module is not loaded", () => {
  test("can be read again when it is loaded, and then says why that was not to be", async () => {
    const wire = new TestWire();
    const bytes = new Uint8Array(100);
    const length = wire.encoder.encodeArguments([new Box()], { bytes, start: 0, end: 100 });
    bytes[Buffer.from(bytes).indexOf("BoxA") + 3] = "B".charCodeAt(0);
    const read = (): unknown => wire.decode({ bytes, start: 0, end: length });

    loadHandlesBy(() => Promise.reject(new Error("it is in another file")));
    let ready: Promise<unknown> | undefined;
    assert.throws(read, (error) => {
      ready = (error as NotLoadedError).ready;
      return error instanceof NotLoadedError;
    });
    await ready;
    assert.throws(read, { message: "it is in another file" });
  });
});
