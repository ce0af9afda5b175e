/** Values as text, for who has nothing loaded that reads messages. */
export { fromPlainText, plainText } from "./plain-text.ts";
