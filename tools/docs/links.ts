/** The check of the links between documents: each leads to a file that is there, and to a heading that is in it. */
import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";

/** What is wrong in a folder with documents; one line each. */
export function linkFaults(folder: string): string[] {
  const documents = globSync(
    ["*.md", "docs/**/*.md", "bench/*.md", "examples/**/*.md", "packages/testing/*.md"],
    {
      cwd: folder,
    },
  );
  return documents.toSorted().flatMap((file) => {
    const text = proseOf(readFileSync(join(folder, file), "utf8"));
    return [...text.matchAll(/\]\(([^()\s]+)\)/g)].flatMap(([, target = ""]) => {
      const fault = /^[a-z]+:/.test(target) ? undefined : faultOf(join(folder, file), target);
      return fault === undefined ? [] : [`${file}: the link to ${target} is dead: ${fault}`];
    });
  });

  function faultOf(file: string, target: string): string | undefined {
    const [path = "", anchor] = target.split("#");
    const to = path === "" ? file : join(dirname(file), decodeURI(path));
    if (!existsSync(to)) return `there is no ${relative(folder, to)}`;
    if (anchor === undefined || !to.endsWith(".md")) return undefined;
    return anchorsOf(readFileSync(to, "utf8")).includes(anchor)
      ? undefined
      : `no heading there is #${anchor}`;
  }
}

/** The part of an address that leads to a heading: the site's, and that of the usual hosts of repositories. */
export function anchorOf(heading: string): string {
  return heading
    .trim()
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, "")
    .replaceAll(/\s/g, "-");
}

function anchorsOf(text: string): string[] {
  const headings = text.replaceAll(/^(`{3,})[^]*?^\1$/gm, "").matchAll(/^#{1,6} (.*)$/gm);
  return [...headings].map(([, heading = ""]) =>
    anchorOf(heading.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, "$1")),
  );
}

/** A document without its code. */
function proseOf(text: string): string {
  return text.replaceAll(/^ *(`{3,})[^]*?^ *\1$/gm, "").replaceAll(/`[^`\n]*`/g, "code");
}
