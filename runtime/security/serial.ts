/** `serial` in the one form that is compared; throws `RangeError` where it is no hexadecimal number. */
export function normalSerial(serial: string): string {
  const digits = serial.replaceAll(":", "");
  if (!/^[0-9a-fA-F]{1,64}$/.test(digits)) {
    throw new RangeError(`expected a serial number in hexadecimal, got '${serial.slice(0, 80)}'`);
  }
  return BigInt(`0x${digits}`).toString(16).toUpperCase();
}
