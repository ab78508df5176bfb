/** Every way in which a marker may stand in bytes that are searched as latin1. */
function formsOf(marker: string): string[] {
  const bytes = Buffer.from(marker);
  const utf16 = Buffer.from(marker, 'utf16le');
  return [
    marker,
    encodeURIComponent(marker),
    JSON.stringify(marker).slice(1, -1),
    bytes.toString('hex'),
    bytes.toString('hex').toUpperCase(),
    utf16.toString('latin1'),
    Buffer.from(utf16).swap16().toString('latin1'),
    ...[0, 1, 2].flatMap((offset) => withinBase64(bytes, offset)),
    [...marker].join(' '),
  ];
}

/** What of a base64 text stays the same, whatever stands before and after so many bytes. */
function withinBase64(bytes: Buffer, offset: number): string[] {
  const whole = Buffer.concat([Buffer.alloc(offset), bytes]).toString('base64');
  const start = Math.ceil((offset * 8) / 6);
  const end = Math.floor(((offset + bytes.length) * 8) / 6);
  const part = whole.slice(start, end);
  return [part, part.replaceAll('+', '-').replaceAll('/', '_')];
}

/** The markers that stand in a text or in bytes, in whatever form. */
export function markersIn(haystack: Buffer | string, markers: readonly string[]): string[] {
  const text =
    typeof haystack === 'string'
      ? Buffer.from(haystack).toString('latin1')
      : haystack.toString('latin1');
  return markers.filter((marker) => formsOf(marker).some((form) => text.includes(form)));
}
