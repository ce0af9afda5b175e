/**
 * What has to hold of `package-lock.json` besides what npm sees to.
 *
 * `npm ci` refuses a lock file that leaves out one platform's build of a tool. npm itself leaves those out when the
 * registry does not have them (a mirror for one platform) or `node_modules` is already there (npm/cli#4828).
 */

/** The parts of a lock file that are looked at here. */
export interface LockFile {
  packages: Record<string, LockedPackage>;
}

interface LockedPackage {
  readonly version?: string;
  readonly resolved?: string;
  readonly link?: boolean;
  readonly dev?: boolean;
  readonly optional?: boolean;
  readonly os?: readonly string[];
  readonly cpu?: readonly string[];
  readonly libc?: readonly string[];
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

/** An optional dependency that a package asks for and the lock file does not have. */
interface Missing {
  readonly name: string;
  readonly version: string;
  readonly dev: boolean;
}

const systems = /-?\b(aix|android|darwin|freebsd|linux|netbsd|openbsd|openharmony|sunos|win32)\b/;
const processors = /-(arm64|arm|ia32|loong64|ppc64|riscv64|s390x|x64)(?=-|$)/;
const libraries = /-(gnu|musl)(eabihf)?$/;

/** What is wrong with a lock file; one line each. */
export function lockFaults(lock: LockFile): string[] {
  const hosts = Object.entries(lock.packages)
    .filter(([, { resolved, link }]) => resolved !== undefined && link !== true)
    .map(([path, { resolved }]) => `${path} is bound to ${resolved}`);
  return [...hosts, ...missing(lock).map(({ name, version }) => `${name}@${version} is missing`)];
}

/** The same lock file, with an entry for each optional dependency that it lacks. */
export function completed(lock: LockFile): LockFile {
  const added = missing(lock).map(({ name, version, dev }): [string, LockedPackage] => {
    const [, os] = systems.exec(name) ?? [];
    const [, cpu] = processors.exec(name) ?? [];
    const [, libc] = libraries.exec(name) ?? [];
    if (os === undefined || cpu === undefined || !/^\d/.test(version)) {
      throw new Error(
        `Cannot add ${name}@${version}: its name does not tell the platform, or its version is a range`,
      );
    }
    const library = libc === undefined ? {} : { libc: [libc === "gnu" ? "glibc" : libc] };
    return [
      `node_modules/${name}`,
      { version, cpu: [cpu], ...(dev ? { dev } : {}), ...library, optional: true, os: [os] },
    ];
  });
  const packages = Object.entries(lock.packages).concat(added);
  return {
    ...lock,
    packages: Object.fromEntries(packages.toSorted(([one], [other]) => one.localeCompare(other, "en"))),
  };
}

function missing({ packages }: LockFile): Missing[] {
  return Object.entries(packages).flatMap(([path, { optionalDependencies = {}, dev = false }]) =>
    Object.entries(optionalDependencies)
      .filter(([name]) => !isFound(packages, path, name))
      .map(([name, version]) => ({ name, version, dev })),
  );
}

/** Looks where Node would: in the package's own `node_modules`, then in those around it. */
function isFound(packages: Readonly<Record<string, LockedPackage>>, path: string, name: string): boolean {
  if (packages[`${path === "" ? "" : `${path}/`}node_modules/${name}`] !== undefined) return true;
  return (
    path !== "" && isFound(packages, path.slice(0, Math.max(0, path.lastIndexOf("/node_modules/"))), name)
  );
}
