import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { here, send, sendValue, there } from "./fixtures/two-tables.ts";

const legsOfBirds = 2;
const registry = new Map<string, unknown>();
const register = (name: string): string => {
  registry.set(name, true);
  return name;
};

class Animal {
  static made = 0;
  static readonly kingdom: string = register("animal");
  legs = 4;
  name: string;
  constructor(name: string) {
    this.name = name;
  }
  describe(): string {
    return `${this.name} on ${this.legs}`;
  }
}
class Bird extends Animal {
  static #count = 0;
  static {
    Bird.#count = legsOfBirds;
  }
  override legs: number = legsOfBirds;
  static count(): number {
    return ++Bird.#count;
  }
  override describe(): string {
    return `${super.describe()}, sings`;
  }
  get loud(): string {
    return this.describe().toUpperCase();
  }
}
class Secret {
  #value = 1;
  get value(): number {
    return this.#value;
  }
}
class OverError extends RangeError {
  override readonly name = "OverError";
  readonly limit: number;
  constructor(limit: number) {
    super(`over ${limit}`);
    this.limit = limit;
  }
}
const makeBird = (name: string): Bird => new Bird(name);
const isBird = (value: unknown): boolean => value instanceof Bird;

describe("a class in another thread", () => {
  test("makes instances with fields, methods, getters, inheritance and private names", async () => {
    const make = await send(makeBird);
    const bird = make("Tit");
    assert.equal(bird.describe(), "Tit on 2, sings");
    assert.equal(bird.loud, "TIT ON 2, SINGS");
    assert.equal((await send(() => new Secret().value))(), 1);
  });

  test("is one class for all functions that use it", async () => {
    const bird = (await send(makeBird))("Tit");
    assert.equal((await send(isBird))(bird), true);
    assert.equal((await send((value: unknown) => value instanceof Animal))(bird), true);
  });

  test("runs its static blocks, and has its static fields as they are here", async () => {
    Animal.made = 5;
    const sent = await send(() => [Bird.count(), Animal.made, Animal.kingdom]);
    assert.deepEqual(sent(), [3, 5, "animal"]);
  });

  test("can be sent by itself", async () => {
    const Sent = await send(Bird);
    assert.equal(new Sent("Owl").describe(), "Owl on 2, sings");
    assert.equal(Sent.name, "Bird");
    assert.notEqual(Sent, Bird);
  });

  test("may refer to functions that refer to it", async () => {
    class Node {
      child: Node | undefined;
      grow(): Node {
        return (this.child = makeNode());
      }
    }
    const makeNode = (): Node => new Node();
    const sent = await send(Node);
    const node = new sent();
    assert.ok(node.grow() instanceof sent);
  });

  test("may be the base of itself's helper objects", async () => {
    class Token {
      static readonly all: Token[] = [];
      readonly text: string;
      constructor(text: string) {
        this.text = text;
        Token.all.push(this);
      }
    }
    const first = new Token("first");
    const sent = await send(() => [first instanceof Token, Token.all.length, Token.all[0] instanceof Token]);
    assert.deepEqual(sent(), [true, 1, true]);
  });

  test("may have methods that were put on its prototype", async () => {
    function Old(this: { n: number }, n: number): void {
      this.n = n;
    }
    Old.prototype.double = function (this: { n: number }): number {
      return this.n * legsOfBirds;
    };
    const sent = (await send(Old)) as unknown as new (n: number) => { double(): number };
    assert.equal(new sent(4).double(), 8);
  });
});

describe("an instance of a class", () => {
  test("that is captured is an instance in the other thread", async () => {
    const bird = new Bird("Finch");
    const sent = await send(() => [bird instanceof Bird, bird.describe()]);
    assert.deepEqual(sent(), [true, "Finch on 2, sings"]);
  });

  test("that comes back is an instance of the class here", async () => {
    const copy = await sendValue(new Bird("Jay"));
    assert.notEqual(copy.constructor, Bird);
    assert.equal(copy.describe(), "Jay on 2, sings");
    const back = (await here.decode(there.encode(copy))) as Bird;
    assert.ok(back instanceof Bird);
    assert.equal(back.describe(), "Jay on 2, sings");
  });

  test("of an error class keeps its class, and comes back as it", async () => {
    const fail = await send(() => {
      throw new OverError(3);
    });
    let thrown: unknown;
    try {
      fail();
    } catch (error) {
      thrown = error;
    }
    const back = (await here.decode(there.encode(thrown))) as OverError;
    assert.ok(back instanceof OverError);
    assert.equal(back.limit, 3);
    assert.equal(back.message, "over 3");
  });

  test("that holds private names is refused, and so is one of a subclass", () => {
    class More extends Secret {}
    for (const cls of [Secret, More]) {
      assert.throws(() => here.encode([new cls()]), {
        name: "PortabilityError",
        message: /an instance of class "Secret" \(value\[0\]\).*private names/,
      });
      const captured = new cls();
      assert.throws(() => here.publish(() => captured.value), { message: /an instance of class "Secret"/ });
      assert.ok(here.encode([cls]).length > 0, "the class itself travels");
    }
  });
});
