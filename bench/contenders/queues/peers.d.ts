/** What the suite uses of async-csp, which brings no types. */
declare module "async-csp" {
  class Channel<T> {
    constructor(bufferSize?: number);
    put(value: T): Promise<void>;
    take(): Promise<T>;
  }
  const asyncCsp: { readonly Channel: typeof Channel };
  export default asyncCsp;
}
