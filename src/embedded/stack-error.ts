/** Something a person must mend before the development stack can start; the message alone says what and how. */
export class EmbeddedStackError extends Error {
  override readonly name: string = 'EmbeddedStackError';
}
