import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { entriesOf } from "./surface.ts";
import { referencePages } from "./reference.ts";

const pages = referencePages();
const contentOf = (title: string): string => pages.find((page) => page.title === title)?.content ?? "";

describe("the reference", () => {
  test("has a page for each import path of the packages", () => {
    assert.deepEqual(
      pages.map(({ title }) => title),
      entriesOf().map(({ specifier }) => specifier),
    );
    assert.ok(pages.some(({ title }) => title === "heddle/sync"));
  });

  test("describes each exported name once, with its signature, and leads there from elsewhere", () => {
    assert.match(contentOf("heddle/sync"), /^## Lock \{#Lock\}\n\n```ts\nclass Lock /m);
    assert.match(contentOf("heddle/sync"), /^### acquire \{#Lock\.acquire\}\n\n```ts\nacquire\(/m);
    assert.match(contentOf("heddle"), /^\| \[`Lock`\]\(\.\/heddle-sync\.md#Lock\) \| `heddle\/sync` \| /m);
    const packageOf = (path: string): string => /^(@[^/]*\/)?[^/]*/.exec(path)![0];
    const described = pages.flatMap(({ title, content }) =>
      [...content.matchAll(/^## (\w+) \{/gm)].map(([, described]) => `${packageOf(title)}: ${described}`),
    );
    assert.deepEqual(described.toSorted(), [...new Set(described)].toSorted());
    for (const { specifier, exports } of entriesOf())
      for (const { name } of exports) assert.ok(described.includes(`${packageOf(specifier)}: ${name}`), name);
  });

  test("shows no body, nothing private, and no tag of a docstring as it is", () => {
    for (const { title, content } of pages) {
      assert.doesNotMatch(content, /\{@link|^@(param|throws|returns|remarks)\b/m, title);
      assert.doesNotMatch(content, /^### #/m, title);
    }
  });
});
