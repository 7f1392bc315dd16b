/** Something that the user has to mend and that is no fault of ours; the message says what and how. */
export class CommandFault extends Error {
  override readonly name = "CommandFault";
}
