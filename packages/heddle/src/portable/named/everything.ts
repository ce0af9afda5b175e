let loading: Promise<unknown> | undefined;
let isLoaded = false;

/**
 * Loads all of the toolkit, where each of its names is declared: settles when that is done; `undefined` from then on.
 *
 * A bundle sends what it imports of the toolkit by its name. Bundlers that give modules the address of their sources, as webpack
 * does, have its workers run the package itself, which has loaded what workers need.
 */
export function everythingLoading(): Promise<unknown> | undefined {
  return isLoaded ? undefined : (loading ??= import("#everything").finally(() => (isLoaded = true)));
}
