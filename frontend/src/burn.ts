/** Hours or value over time against what was agreed, all in steps, with today as a line. */

import * as Plot from "@observablehq/plot";

/** Runs of days with what it comes to from each on; a new run begins anew. */
interface Line {
  name: string;
  runs: [string, string][][];
}

interface Burn {
  unit: string;
  start: string;
  end: string;
  today: string;
  lines: Line[];
  limits: Line[];
  names: Record<string, string>;
  today_name: string;
}

interface Point {
  name: string;
  run: string;
  day: Date;
  size: number;
}

const HEIGHT = 260;
const TOP = 44;
/** What the axis below and the room above leave to the lines, about. */
const INSIDE = HEIGHT - TOP - 30;
const LETTERS = 13;
const ROOM = 0.7;

/** The chart as SVG, as wide as its figure. */
export function drawBurn(figure: HTMLElement, data: unknown, width: number): Element {
  const burn = data as Burn;
  const hidden = figure.closest<HTMLElement>(".projbill")?.dataset["incognito"] === "true";
  const end = dayOf(burn.end);
  const today = dayOf(burn.today);
  const lines = burn.lines.flatMap((line) => pointsOf(line, burn.names, today));
  const limits = burn.limits.flatMap((line) => pointsOf(line, burn.names, end));
  // names stand beside the ends of lines where there is room, else above them
  const most = new Date(dayOf(burn.start).getTime() + ROOM * (end.getTime() - dayOf(burn.start).getTime()));
  const ends = [
    ...apart(burn.lines.map((line) => pointsOf(line, burn.names, today).at(-1)), [...lines, ...limits]),
    ...apart(burn.limits.map((line) => pointsOf(line, burn.names, end).at(-1)), [...lines, ...limits]),
  ];
  return Plot.plot({
    width,
    height: HEIGHT,
    marginLeft: 60,
    marginRight: 16,
    marginTop: TOP,
    style: { background: "transparent", color: "currentColor", fontSize: "12px" },
    x: { type: "time", domain: [dayOf(burn.start), later(end, today)], label: null },
    y: {
      label: burn.unit,
      grid: true,
      zero: true,
      nice: true,
      ...(hidden ? { tickFormat: () => "" } : {}),
    },
    color: { legend: true, scheme: "Observable10", domain: burn.lines.map((one) => nameOf(one, burn.names)) },
    marks: [
      Plot.ruleY([0]),
      Plot.ruleX([today], { stroke: "currentColor", strokeOpacity: 0.6 }),
      Plot.text([today], {
        x: (day: Date) => day,
        frameAnchor: "top",
        dy: 8 - TOP,
        text: () => burn.today_name,
      }),
      Plot.line(limits, {
        x: "day",
        y: "size",
        z: "run",
        stroke: "currentColor",
        strokeDasharray: "6,3",
        curve: "step-after",
      }),
      Plot.line(lines, {
        x: "day",
        y: "size",
        z: "run",
        stroke: "name",
        strokeWidth: 2,
        curve: "step-after",
      }),
      ...ends.map(({ point, up }) =>
        Plot.text([point], {
          x: "day",
          y: "size",
          text: "name",
          textAnchor: point.day < most ? "start" : "end",
          dy: (point.day < most ? 0 : -8) - up,
          dx: point.day < most ? 4 : -3,
          fill: "currentColor",
          stroke: "var(--background)",
          strokeWidth: 3,
        }),
      ),
      ...(hidden
        ? []
        : [Plot.tip(lines, Plot.pointer({ x: "day", y: "size", title: tipOf(burn.unit) }))]),
    ],
  });
}

/** The names at the ends of lines, each moved up as far as it would stand on another. */
function apart(ends: (Point | undefined)[], all: Point[]): { point: Point; up: number }[] {
  const most = Math.max(...all.map((point) => point.size), 1);
  const sorted = ends.filter((point) => point !== undefined).sort((a, b) => a.size - b.size);
  let below = -LETTERS;
  return sorted.map((point) => {
    const own = (point.size / most) * INSIDE;
    below = Math.max(own, below + LETTERS);
    return { point, up: below - own };
  });
}

/** The points of a line, the last of its runs drawn on to `until`. */
function pointsOf(line: Line, names: Record<string, string>, until: Date): Point[] {
  const name = nameOf(line, names);
  return line.runs.flatMap((run, index) => {
    const points = run.map(([day, size]) => ({
      name,
      run: `${line.name} ${String(index)}`,
      day: dayOf(day),
      size: Number(size),
    }));
    const last = points.at(-1);
    if (index === line.runs.length - 1 && last && last.day < until) {
      points.push({ ...last, day: until });
    }
    return points;
  });
}

function nameOf(line: Line, names: Record<string, string>): string {
  return names[line.name] ?? line.name;
}

function tipOf(unit: string): (point: Point) => string {
  return ({ name, day, size }) =>
    `${name}\n${day.toISOString().slice(0, 10)}: ${size.toFixed(2)} ${unit}`;
}

/** A day as UTC, so that no time zone moves it. */
function dayOf(text: string): Date {
  return new Date(`${text}T00:00:00Z`);
}

function later(one: Date, other: Date): Date {
  return one < other ? other : one;
}
