/** The site over `docs/`: `npm run site` shows it, `npm run check -- site` builds it into `.cache/site`. */
import { globSync, readFileSync } from "node:fs";
import { join, posix } from "node:path";
import { defineConfig, type DefaultTheme, type MarkdownRenderer } from "vitepress";
import { anchorOf } from "../../tools/docs/links.ts";
import { referencePages } from "../../tools/docs/reference.ts";

const docs = join(import.meta.dirname, "..");

/** The pages by group, in the order in which they are listed. */
const groups: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  Begin: { start: "Start here, in five minutes", which: "Which tool for which problem" },
  Guide: {
    threads: "Threads",
    sharing: "Sharing",
    queues: "Queues and channels",
    executors: "Executors",
    streams: "Streams",
    processes: "Processes",
    managers: "Managers and pipes",
    tasks: "Tasks",
    testing: "Testing concurrent code",
    observing: "Observing",
    performance: "Performance",
    running: "Where it runs",
    troubleshooting: "Troubleshooting",
  },
  "The command": {
    "heddle-map": "heddle map",
    "heddle-advise": "heddle advise",
    "heddle-bench": "heddle bench",
  },
  "For programmers of": { "guide/from-python": "Python", "guide/from-go": "Go", "guide/from-rust": "Rust" },
  "Moving from": {
    "guide/from-piscina": "piscina",
    "guide/from-workerpool": "workerpool",
    "guide/from-comlink": "Comlink",
  },
};

for (const file of globSync(["*.md", "guide/*.md"], { cwd: docs })) {
  const page = file.replaceAll("\\", "/").replace(/\.md$/, "");
  const isListed = page === "index" || Object.values(groups).some((titles) => Object.hasOwn(titles, page));
  if (!isListed)
    throw new Error(`Cannot build the site: docs/${file} is in no group of docs/.vitepress/config.ts`);
}

export default defineConfig({
  title: "Heddle",
  description: "The concurrency toolkit for TypeScript",
  outDir: "../.cache/site",
  cacheDir: "../.cache/vitepress",
  markdown: {
    // The documents are also read where they lie, so they are plain Markdown, with the anchors that are usual there.
    html: false,
    linkify: false,
    anchor: { slugify: anchorOf },
    config: unlinkSources,
  },
  themeConfig: {
    search: { provider: "local" },
    outline: { level: [2, 3] },
    nav: [
      { text: "Start here", link: "/start" },
      { text: "Which tool", link: "/which" },
      { text: "Troubleshooting", link: "/troubleshooting" },
      { text: "Reference", link: "/reference/heddle" },
    ],
    sidebar: [
      ...Object.entries(groups).map(([text, titles]) => ({
        text,
        items: Object.entries(titles).map(([page, title]) => ({ text: title, link: `/${page}` })),
      })),
      {
        text: "Reference",
        items: referencePages().map(({ name, title }) => ({ text: title, link: `/reference/${name}` })),
      },
      { text: "Design records", collapsed: true, items: designRecords() },
    ],
  },
});

function designRecords(): DefaultTheme.SidebarItem[] {
  return globSync("design/*.md", { cwd: docs })
    .toSorted()
    .map((file) => {
      const [, title = file] = /^# (.*)$/m.exec(readFileSync(join(docs, file), "utf8")) ?? [];
      return { text: title, link: `/${file.replace(/\.md$/, "")}` };
    });
}

/** Links that lead out of `docs/`, to the sources, stand as plain text: the sources are not part of the site. */
function unlinkSources(markdown: MarkdownRenderer): void {
  markdown.core.ruler.push("unlink-sources", ({ tokens, env }) => {
    const { relativePath = "" } = env as { relativePath?: string };
    for (const { children } of tokens) {
      let isOutside = false;
      for (const token of children ?? []) {
        if (token.type === "link_open") {
          const target = token.attrGet("href") ?? "";
          isOutside = posix.join(posix.dirname(relativePath), target).startsWith("..");
        }
        const isEnd = token.type === "link_close";
        if (isOutside && /^link_(open|close)$/.test(token.type))
          Object.assign(token, { type: "text", nesting: 0 });
        if (isEnd) isOutside = false;
      }
    }
  });
}
