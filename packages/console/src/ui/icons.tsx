/** Stroke icons on a 16-unit grid; decorative, so hidden from assistive technology: text always stands beside them. */
const PATHS = {
  overview: "M2.5 2.5h4.5v4.5H2.5zM9 2.5h4.5v4.5H9zM2.5 9h4.5v4.5H2.5zM9 9h4.5v4.5H9z",
  incident: "M8 2 14.5 13.5h-13zM8 6.5v3M8 11.5v.01",
  stop: "M5.5 1.75h5l3.75 3.75v5l-3.75 3.75h-5L1.75 10.5v-5zM5.5 8h5",
  agent: "M3 6h10v7.5H3zM8 6V3M8 2.5v.01M6 9v1M10 9v1M1.25 9v2M14.75 9v2",
  rules: "M3 4h10M3 8h10M3 12h6",
  settings: "M2 4.5h7M12 4.5h2M2 11.5h2M7 11.5h7M10.5 3v3M5.5 10v3",
  check: "m3 8.5 3.5 3.5L13 4.5",
  cross: "m4 4 8 8M12 4l-8 8",
  clock: "M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2zM8 5v3.25l2 1.5",
  search: "M7 2.5a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9zM10.5 10.5 14 14",
  arrow: "M3 8h10M9 4l4 4-4 4",
  sun: "M8 5a3 3 0 1 0 0 6 3 3 0 0 0 0-6zM8 1v1.5M8 13.5V15M1 8h1.5M13.5 8H15M3 3l1 1M12 12l1 1M13 3l-1 1M4 12l-1 1",
  moon: "M13.5 9.5A6 6 0 0 1 6.5 2.5a6 6 0 1 0 7 7z",
  system: "M2 3h12v8H2zM6 14h4M8 11v3",
  person: "M8 2.5a2.75 2.75 0 1 0 0 5.5 2.75 2.75 0 0 0 0-5.5zM2.5 14c.5-3 2.5-4.25 5.5-4.25S13 11 13.5 14",
  bolt: "M9 1.5 3.5 9H8l-1 5.5L12.5 7H8z",
  archive: "M2 3h12v3H2zM3 6v7.5h10V6M6.5 9h3",
  mail: "M2 3.5h12v9H2zM2.5 4l5.5 4.5L13.5 4",
  note: "M3 2h7l3 3v9H3zM10 2v3h3M5.5 8h5M5.5 11h3",
  copy: "M5.5 5.5h8v8h-8zM10.5 5.5v-3h-8v8h3",
  play: "M4.5 3v10l8-5z",
  freeze: "M8 1.5v13M2.5 4.75l11 6.5M13.5 4.75l-11 6.5",
  deny: "M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2zM4 4l8 8",
  more: "M3 8h.01M8 8h.01M13 8h.01",
  dot: "M8 5a3 3 0 1 0 0 6 3 3 0 0 0 0-6z",
  warn: "M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2zM8 5v3.5M8 11v.01",
  shield: "M8 1.75 13 3.5V8c0 3-2 5-5 6.25C5 13 3 11 3 8V3.5zM5.75 8l1.75 1.75 3-3.25",
  out: "M6 2.5H3v11h3M10.5 5l3 3-3 3M13 8H6",
  key: "M5 7.5a3 3 0 1 0 3 3L14 4.5M11 7.5l2 2M5 10.5v.01",
  retry: "M13 5A5.5 5.5 0 1 0 13.5 9M13.5 2v3.5H10",
  book: "M3 2.5h7.5a2 2 0 0 1 2 2v9H5a2 2 0 0 1-2-2zM3 11.5a2 2 0 0 1 2-2h7.5M6 5.5h3.5",
  fork: "M8 2v4M8 6 4 10v4M8 6l4 4v4",
  parallel: "M2.5 3h11M5 3v10M11 3v10M2.5 13h11",
  loop: "M4 5.5h7a3 3 0 0 1 0 6H4M6.5 3 4 5.5 6.5 8",
  pause: "M5 3v10M11 3v10",
  back: "M13 8H3M7 4 3 8l4 4",
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name, size = 16 }: { readonly name: IconName; readonly size?: number }) {
  return (
    <svg className="icon" width={size} height={size} viewBox="0 0 16 16" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} />
    </svg>
  );
}

/** The mark: a flame over the cleared strip that stops it. */
export function Mark({ size = 22 }: { readonly size?: number }) {
  return (
    <svg className="mark" width={size} height={size} viewBox="0 0 32 32" aria-hidden="true" focusable="false">
      <rect width="32" height="32" rx="7" className="mark-ground" />
      <path d="M16.4 5.5c.6 3.6 5.9 6 5.9 11.2 0 .5 0 .9-.1 1.3H9.8c-.1-.4-.1-.9-.1-1.4 0-2.5 1.3-4 2.4-5.3.5 1 1.1 1.5 1.8 1.9-.3-3 .5-5.7 2.5-7.7Z" />
      <path d="M10.7 21.5h10.6c-1.1 2.9-3.5 4.7-5.3 4.7s-4.2-1.8-5.3-4.7Z" />
    </svg>
  );
}
