/** All that can happen in a world of members. The numbers are in its trace. */
export const KIND = {
  // To an end of a connection.
  data: 1,
  hello: 2,
  welcome: 3,
  goodbye: 4,
  reset: 5,
  broken: 6,
  resend: 7,
  // To a dial.
  knock: 8,
  accepted: 9,
  refused: 10,
  redial: 11,
  // To a process.
  wake: 12,
  timeout: 13,
  upkeep: 14,
  join: 15,
  resume: 16,
  // To the world as a whole, by a scenario.
  plan: 17,
} as const;
