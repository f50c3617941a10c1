/** Stands in the bundle for `d3-color`: the library behind the canvas animates positions, never colours. */

function none(): null {
  return null;
}

export { none as color, none as cubehelix, none as hcl, none as hsl, none as lab, none as rgb };
