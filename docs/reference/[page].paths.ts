/** The pages of the reference, which are made of the docstrings when the site is built. */
import { referencePages } from "../../tools/docs/reference.ts";

export default {
  paths: (): { params: { page: string }; content: string }[] =>
    referencePages().map(({ name, content }) => ({ params: { page: name }, content })),
};
