/** Borders of countries, as the package world-atlas has them (TopoJSON, from Natural Earth). */
interface Topology {
  transform: { scale: [number, number]; translate: [number, number] };
  /** Each point after the first as its difference from the one before. */
  arcs: readonly (readonly (readonly [number, number])[])[];
}

/** Lines of degrees: longitude, latitude. */
export type Outline = readonly (readonly (readonly [number, number])[])[];

export function outlineOf({ transform, arcs }: Topology): Outline {
  const { scale, translate } = transform;
  return arcs.map((arc) => {
    let [x, y] = [0, 0];
    return arc.map(([dx, dy]) => {
      x += dx;
      y += dy;
      return [x * scale[0] + translate[0], y * scale[1] + translate[1]] as const;
    });
  });
}
